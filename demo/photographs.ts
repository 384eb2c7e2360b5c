import type { StripItem } from './strip.js';

interface Photograph {
  readonly title: string;
  /** Name of its files. */
  readonly name: string;
  readonly by: string;
  readonly source: string;
  readonly licence: string;
  readonly terms: string;
  /** What was done to it. */
  readonly changes: string;
}

const PUBLIC_DOMAIN = 'https://creativecommons.org/publicdomain/';

/** Photographs that may be shown and passed on; public/gallery/photos/LICENCES.md has more of each. */
const PHOTOGRAPHS: readonly Photograph[] = [
  {
    title: 'Pagoda',
    name: 'pagoda',
    by: 'danielbuechele',
    source: 'https://www.flickr.com/photos/danielbuechele/6061409035/',
    licence: 'CC BY 2.0',
    terms: 'https://creativecommons.org/licenses/by/2.0/',
    changes: 'compressed anew',
  },
  {
    title: 'Photographer',
    name: 'photographer',
    by: 'Lav Varshney',
    source: 'https://github.com/scikit-image/scikit-image/pull/4913',
    licence: 'CC0 1.0',
    terms: `${PUBLIC_DOMAIN}zero/1.0/`,
    changes: 'compressed anew',
  },
  {
    title: 'Raccoon',
    name: 'raccoon',
    by: 'public-domain-image.com',
    source: 'https://pixnio.com/fauna-animals/raccoons/raccoon-procyon-lotor',
    licence: 'public domain',
    terms: `${PUBLIC_DOMAIN}mark/1.0/`,
    changes: 'made smaller',
  },
];

const FOLDER = './gallery/photos/';

/** The photographs to choose from. @param pick takes the address of one */
export function photographs(pick: (picture: string) => void): StripItem[] {
  return PHOTOGRAPHS.map(({ name, title, by, source, licence, terms, changes }) => {
    const key = `${FOLDER}${name}.jpg`;
    return {
      key,
      title: `${title}, photograph by ${by}, ${licence}`,
      thumb: `${FOLDER}${name}_small.jpg`,
      credit: ['Photograph: ', link(source, by), ', ', link(terms, licence), `, ${changes}`],
      pick: () => pick(key),
    };
  });
}

function link(href: string, textContent: string): HTMLAnchorElement {
  return Object.assign(document.createElement('a'), { href, textContent, target: '_blank', rel: 'noreferrer' });
}
