import type { DepthFileFormat } from 'depthwise';
import { element } from './elements.js';
import type { MapView } from './map_view.js';
import { saveBlob } from './save_blob.js';
import type { SceneFormat } from './scene_files.js';
import type { Viewer } from './viewer.js';
import { FLAT } from './view_settings.js';

/** Ends of the names of files of maps. */
export const ENDINGS: Readonly<Record<DepthFileFormat, string>> = {
  png: '.png',
  png16: '-16bit.png',
  pfm: '.pfm',
  npy: '.npy',
};

/** What the buttons save. */
export interface Saved {
  readonly map: MapView;
  readonly viewer: Viewer;
  /** Name of the picture, for the file's name. */
  readonly stem: () => string;
}

/** The buttons that save the map on show, and what is made of it. */
export class Downloads {
  readonly #buttons = [...element('downloads', HTMLElement).querySelectorAll('button')];

  constructor(saved: Saved, say: (text: string) => void, onError: (error: unknown) => void) {
    for (const button of this.#buttons) {
      const format = button.dataset['format'] as DepthFileFormat | SceneFormat;
      button.addEventListener('click', () => {
        // Not disabled while the file is made: that would take the focus away.
        if (button.ariaDisabled === 'true') return;
        if (!(format in ENDINGS)) say(`Making the file: ${button.textContent}…`);
        button.ariaDisabled = 'true';
        save(saved, format)
          .then((file) => file && !(format in ENDINGS) && say(`Saved ${file}.`), onError)
          .finally(() => (button.ariaDisabled = null));
      });
    }
  }

  /** @param still whether what is shown is a picture, of which there is a scene */
  enable(enabled: boolean, still = true): void {
    for (const button of this.#buttons)
      button.disabled = !enabled || (!still && !((button.dataset['format'] as string) in ENDINGS));
  }
}

async function save({ map, viewer, stem }: Saved, wanted: DepthFileFormat | SceneFormat): Promise<string | undefined> {
  const format = wanted === 'view' && FLAT.has(viewer.view) ? 'png' : wanted;
  const { current } = map;
  if (!current) return undefined;
  const start = `${stem()}-${current.map.model}`;
  const { blob, ending } = isMapFormat(format)
    ? { blob: await current.map.toBlob(format, current.look), ending: ENDINGS[format] }
    : await (await import('./scene_files.js')).sceneFile(format, viewer);
  saveBlob(blob, start + ending);
  return start + ending;
}

function isMapFormat(format: DepthFileFormat | SceneFormat): format is DepthFileFormat {
  return format in ENDINGS;
}
