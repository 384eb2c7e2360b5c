/** A folder's pictures, by path. */
export interface Folder {
  readonly name: string;
  readonly pictures: readonly File[];
  /** Files that are no pictures. */
  readonly others: number;
}

/** Files of a folder that are looked at. */
const MOST_FILES = 2000;
const PICTURE_NAME = /\.(?:jpe?g|png|webp|avif|gif|bmp|heic|heif)$/i;

/** Whether a file of a folder is taken for a picture: thousands are not opened to see. */
export function isPictureName(name: string, type: string): boolean {
  return type.startsWith('image/') || PICTURE_NAME.test(name);
}

/** Files and folders of a drop. They have to be asked for before anything is awaited. */
export function dropped({ items, files }: DataTransfer): { files: File[]; folders: Promise<Folder>[] } {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const folders = entries.filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true);
  if (folders.length === 0) return { files: [...files], folders: [] };
  const names = new Set(folders.map(({ name }) => name));
  return { files: [...files].filter(({ name }) => !names.has(name)), folders: folders.map(readFolder) };
}

async function readFolder(root: FileSystemDirectoryEntry): Promise<Folder> {
  const found: FileSystemFileEntry[] = [];
  const open = [root];
  for (let folder = open.pop(); folder && found.length < MOST_FILES; folder = open.pop()) {
    for (const entry of await entriesOf(folder)) {
      if (entry.isDirectory) open.push(entry as FileSystemDirectoryEntry);
      else if (!entry.name.startsWith('.')) found.push(entry as FileSystemFileEntry);
    }
  }
  found.sort((a, b) => a.fullPath.localeCompare(b.fullPath, undefined, { numeric: true }));
  const files = await Promise.all(
    found.slice(0, MOST_FILES).map((entry) => new Promise<File>((...settle) => entry.file(...settle))),
  );
  const pictures = files.filter(({ name, type }) => isPictureName(name, type));
  return { name: root.name, pictures, others: files.length - pictures.length };
}

/** A reader gives a hundred or so at a time, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((...settle) => reader.readEntries(...settle));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
