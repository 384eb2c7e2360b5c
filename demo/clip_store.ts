/** Files of work that is not done. */
export interface ClipStore {
  /** Undefined where there is none of the name. */
  read(name: string): Promise<Blob | undefined>;
  /** Writes a file, or another content of it: all of it or nothing. */
  write(name: string, content: Blob): Promise<void>;
  remove(name: string): Promise<void>;
  clear(): Promise<void>;
  /** Leaves the files to others. */
  close(): void;
}

/** Of the folder in the private file system of the page's origin, and of the lock on it. */
const NAME = 'depth-video';

/**
 * The store on the disk, which outlives the page; in memory, for as long as the page is open, where the browser has no
 * disk for it or another page works there.
 */
export async function openStore(): Promise<ClipStore> {
  const unlock = await lock();
  if (!unlock) return inMemory;
  try {
    const root = await navigator.storage.getDirectory();
    return new OnDisk(await root.getDirectoryHandle(NAME, { create: true }), unlock);
  } catch {
    // Private windows have none.
    unlock();
    return inMemory;
  }
}

/** @returns what gives the lock back; undefined where another page has it */
function lock(): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const hold = (held: Lock | null) =>
      held ? new Promise<void>((release) => resolve(release)) : Promise.resolve(resolve(undefined));
    navigator.locks.request(NAME, { ifAvailable: true }, hold).catch(reject);
  });
}

class OnDisk implements ClipStore {
  readonly #folder: FileSystemDirectoryHandle;
  readonly close: () => void;

  constructor(folder: FileSystemDirectoryHandle, unlock: () => void) {
    this.#folder = folder;
    this.close = unlock;
  }

  async read(name: string): Promise<Blob | undefined> {
    const file = await this.#folder.getFileHandle(name).catch(() => undefined);
    return file?.getFile();
  }

  async write(name: string, content: Blob): Promise<void> {
    const file = await this.#folder.getFileHandle(name, { create: true });
    await content.stream().pipeTo(await file.createWritable());
  }

  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name).catch(() => undefined);
  }

  async clear(): Promise<void> {
    const names: string[] = [];
    for await (const name of this.#folder.keys()) names.push(name);
    for (const name of names) await this.remove(name);
  }
}

const files = new Map<string, Blob>();
const inMemory: ClipStore = {
  read: (name) => Promise.resolve(files.get(name)),
  write: (name, content) => Promise.resolve(void files.set(name, content)),
  remove: (name) => Promise.resolve(void files.delete(name)),
  clear: () => Promise.resolve(files.clear()),
  close: () => undefined,
};
