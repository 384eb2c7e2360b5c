import type { DepthFileFormat, DrawOptions } from 'depthwise';
import type { Folder } from './dropped.js';
import { element, option } from './elements.js';
import type { FolderMaps } from './folder_maps.js';
import type { Task } from './footage_tools.js';
import type { Report } from './report.js';
import { saveBlob } from './save_blob.js';

/** What the page has for the maps of a folder. */
export interface FolderHost {
  readonly report: Report;
  /** How maps are to be drawn at the moment. */
  readonly look: () => DrawOptions;
  /** Does a task in place of the one under way. */
  readonly work: (task: Task) => Promise<void>;
  /** Cancels the task under way. */
  readonly stop: () => void;
}

const FORMATS: Readonly<Record<DepthFileFormat, string>> = { png: 'PNG', png16: '16-bit PNG', pfm: 'PFM', npy: 'NPY' };
const SAVE = 'Save all maps';
const CANCEL = 'Cancel saving';
/** Pictures that could not be read, of which as many are named. */
const MOST_NAMED = 5;

/** The controls of a folder: they save the maps of all of its pictures in one zip archive. */
export class FolderTools {
  readonly #host: FolderHost;
  readonly #row = document.createElement('div');
  readonly #button = document.createElement('button');
  readonly #format = document.createElement('select');
  #folder: Folder | undefined;
  #saving = false;

  constructor(host: FolderHost) {
    this.#host = host;
    this.#row.className = 'row';
    this.#row.role = 'group';
    this.#row.ariaLabel = 'Maps of the folder';
    this.#button.type = 'button';
    this.#button.id = 'save-folder';
    this.#button.textContent = SAVE;
    this.#button.addEventListener('click', () => (this.#saving ? host.stop() : void host.work(this.#save)));
    const label = document.createElement('label');
    label.className = 'pair';
    const text = document.createElement('span');
    text.textContent = 'as';
    this.#format.id = 'folder-format';
    this.#format.append(...Object.entries(FORMATS).map(([name, title]) => option(name, title)));
    label.append(text, this.#format);
    this.#row.append(this.#button, label);
    element('strip', HTMLElement).append(this.#row);
  }

  /** Takes the folder that is chosen from, or none. */
  take(folder: Folder | undefined): void {
    this.#folder = folder;
    this.#row.hidden = folder === undefined;
  }

  readonly #save: Task = async (model, options) => {
    const [folder, { report }] = [this.#folder, this.#host];
    if (!folder) return;
    const { length } = folder.pictures;
    this.#show(true);
    try {
      const { makeFolderMaps } = await import('./folder_maps.js');
      const maps = await makeFolderMaps(folder, model, {
        ...options,
        format: this.#format.value as DepthFileFormat,
        look: { ...this.#host.look(), span: 'full' },
        onPicture: (path, index) =>
          report.advance(`Depth of picture ${index + 1} of ${length}: ${path}`, index / length),
      });
      const file = `${folder.name}-${model.info.name}.zip`;
      if (!maps.zip) throw new Error(describe(maps, file));
      saveBlob(maps.zip, file);
      report.say(describe(maps, file));
    } finally {
      report.idle();
      this.#show(false);
    }
  };

  #show(saving: boolean): void {
    this.#saving = saving;
    this.#button.textContent = saving ? CANCEL : SAVE;
    this.#format.disabled = saving;
  }
}

function describe({ count, failed }: FolderMaps, file: string): string {
  const named = failed.slice(0, MOST_NAMED).map(({ path }) => path);
  if (failed.length > named.length) named.push(`and ${failed.length - named.length} others`);
  const without = failed.length > 0 ? ` Not read: ${named.join(', ')}.` : '';
  return count > 0 ? `Saved ${file}: ${count} map${count === 1 ? '' : 's'}.${without}` : `Nothing to save.${without}`;
}
