import type { DepthFileFormat } from 'depthwise';
import { element } from './elements.js';
import type { MapView } from './map_view.js';

const ENDINGS: Readonly<Record<DepthFileFormat, string>> = {
  png: '.png',
  png16: '-16bit.png',
  pfm: '.pfm',
  npy: '.npy',
};

/** The buttons that save the map on show. */
export class Downloads {
  readonly #buttons = [...element('downloads', HTMLElement).querySelectorAll('button')];

  /** @param stem name of the picture, for the file's name */
  constructor(view: MapView, stem: () => string, onError: (error: unknown) => void) {
    for (const button of this.#buttons) {
      button.addEventListener(
        'click',
        () => void save(view, button.dataset['format'] as DepthFileFormat, stem()).catch(onError),
      );
    }
  }

  enable(enabled: boolean): void {
    for (const button of this.#buttons) button.disabled = !enabled;
  }
}

async function save(view: MapView, format: DepthFileFormat, stem: string): Promise<void> {
  const { current } = view;
  if (!current) return;
  const url = URL.createObjectURL(await current.map.toBlob(format, current.look));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${stem}-${current.map.model}${ENDINGS[format]}`;
  link.click();
  // The download has the blob once it has begun; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
