import type { GalleryPicture, OwnPicture } from './gallery_pictures.js';

const rendered = (name: string, title: string, nearest: number, angle: number): GalleryPicture => ({
  title,
  picture: `./gallery/${name}.jpg`,
  thumb: `./gallery/${name}_small.jpg`,
  truth: `./gallery/${name}_truth.png`,
  nearest,
  angle,
});

/** Scenes that nano was not trained on either, rendered by tools/nano/gallery.py. */
export const RENDERED = [
  rendered('room', 'Room', 2.47, 49.54),
  rendered('landscape', 'Landscape', 6.9927, 64.81),
  rendered('subject', 'Portrait', 0.56533, 57.22),
  rendered('corridor', 'Corridor', 1.8313, 60.01),
];

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

/** public/gallery/photos/LICENCES.md has more of each. */
const TAKEN: readonly Photograph[] = [
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

/** Photographs that may be shown and passed on. */
export const PHOTOGRAPHS = TAKEN.map(({ name, title, by, source, licence, terms, changes }): OwnPicture => ({
  title: `${title}, photograph by ${by}, ${licence}`,
  picture: `${FOLDER}${name}.jpg`,
  thumb: `${FOLDER}${name}_small.jpg`,
  credit: ['Photograph: ', link(source, by), ', ', link(terms, licence), `, ${changes}`],
}));

function link(href: string, textContent: string): HTMLAnchorElement {
  return Object.assign(document.createElement('a'), { href, textContent, target: '_blank', rel: 'noreferrer' });
}
