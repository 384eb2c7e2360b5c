import type { DepthFileFormat } from 'depthwise';
import { element } from './elements.js';
import type { Saved } from './save_file.js';
import type { SceneFormat } from './scene_files.js';

/** Formats of the map itself: those of what moves, too. */
const OF_MAP: ReadonlySet<string> = new Set<DepthFileFormat>(['png', 'png16', 'pfm', 'npy']);

/** The buttons that save the map on show, and what is made of it. */
export class Downloads {
  readonly #buttons = [...element('downloads', HTMLElement).querySelectorAll('button')];

  constructor(saved: Saved, say: (text: string) => void, onError: (error: unknown) => void) {
    for (const button of this.#buttons) {
      const format = button.dataset['format'] as DepthFileFormat | SceneFormat;
      button.addEventListener('click', () => {
        // Not disabled while the file is made: that would take the focus away.
        if (button.ariaDisabled === 'true') return;
        const slow = !OF_MAP.has(format);
        if (slow) say(`Making the file: ${button.textContent}…`);
        button.ariaDisabled = 'true';
        import('./save_file.js')
          .then(({ saveFile }) => saveFile(saved, format))
          .then((file) => file && slow && say(`Saved ${file}.`), onError)
          .finally(() => (button.ariaDisabled = null));
      });
    }
  }

  /** @param still whether what is shown is a picture, of which there is a scene */
  enable(enabled: boolean, still = true): void {
    for (const button of this.#buttons)
      button.disabled = !enabled || (!still && !OF_MAP.has(button.dataset['format'] as string));
  }
}
