import type { ByteSource } from 'depthwise';
import { kindOf, type FileKind } from './file_kind.js';
import type { StripItem } from './strip.js';

/** A folder's pictures, by path. */
export interface Folder {
  readonly name: string;
  readonly pictures: readonly File[];
  /** Files that are no pictures. */
  readonly others: number;
}

/** Pictures of a folder that are offered. */
export const MOST_PICTURES = 2000;
/** Paths in a folder that was dropped, whose files do not have them. */
const PATHS = new WeakMap<File, string>();
const PICTURE_NAME = /\.(?:jpe?g|png|webp|avif|gif|bmp|heic|heif)$/i;

/** Path of a picture in its folder, with its name. */
export function pathOf(file: File): string {
  return PATHS.get(file) || file.webkitRelativePath.replace(/^[^/]*\//, '') || file.name;
}

/** A folder by its files, of which names tell the pictures: thousands are not opened to see. */
export function folderOf(name: string, files: readonly File[]): Folder {
  const pictures = files.filter((file) => file.type.startsWith('image/') || PICTURE_NAME.test(file.name));
  return { name, pictures, others: files.length - pictures.length };
}

/** A folder that was chosen, by its files; those that are hidden are none of it. */
export function chosenFolder(files: readonly File[]): Folder {
  const name = files[0]?.webkitRelativePath.split('/')[0] ?? 'Folder';
  return folderOf(
    name,
    files.filter(({ webkitRelativePath }) => !webkitRelativePath.includes('/.')),
  );
}

/** The pictures of a folder to choose from, as many as are offered. */
export function itemsOf({ pictures }: Folder, open: (file: File) => void): StripItem[] {
  return pictures.slice(0, MOST_PICTURES).map((file) => ({
    key: file,
    title: file.name,
    thumb: URL.createObjectURL(file),
    pick: () => open(file),
  }));
}

/** What a folder holds, in words, and how much of it is not offered. */
export function describeFolder({ name, pictures: { length }, others }: Folder): string {
  if (length === 0) return `${name} holds no picture, but ${count(others, 'other file')}.`;
  const offered =
    length > MOST_PICTURES ? `the first ${MOST_PICTURES} of ${length} pictures` : count(length, 'picture');
  return `${name}: ${offered}${others > 0 ? `, and ${count(others, 'other file')} left aside` : ''}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Files by what they are. */
export interface Sorted {
  readonly weights: readonly (File | ByteSource)[];
  readonly videos: readonly File[];
  readonly pictures: readonly File[];
}

/** Files by what they are; weights in several files, with an index of them, are one. */
export async function sortFiles(files: readonly File[]): Promise<Sorted> {
  const kinds = await Promise.all(files.map(kindOf));
  const of = (kind: FileKind) => files.filter((_, i) => kinds[i] === kind);
  const [weights, [index]] = [of('weights'), of('index')];
  return { weights: index ? [withParts(index, weights)] : weights, videos: of('video'), pictures: of('picture') };
}

/** Weights in several files: the index of them, and those that came with it, by their names. */
function withParts(index: File, parts: readonly File[]): ByteSource {
  const source = (file: File): ByteSource => ({ name: file.name, size: file.size, open: async () => file.stream() });
  const sibling = async (path: string) => {
    const part = parts.find(({ name }) => name === path.split('/').at(-1));
    if (part) return source(part);
    throw new Error(`${index.name} lists ${path}, which is not here: choose or drop all files of the weights at once.`);
  };
  return { ...source(index), sibling };
}

/** Files and folders of a drop, of which the browser lists folders among the files too. */
export function dropped(
  entries: readonly (FileSystemEntry | null)[],
  files: readonly File[],
): { files: readonly File[]; folders: Promise<Folder>[] } {
  const folders = entries.filter((entry): entry is FileSystemDirectoryEntry => entry?.isDirectory === true);
  if (folders.length === 0) return { files, folders: [] };
  const names = new Set(folders.map(({ name }) => name));
  return { files: files.filter(({ name }) => !names.has(name)), folders: folders.map(readFolder) };
}

async function readFolder(root: FileSystemDirectoryEntry): Promise<Folder> {
  const found: FileSystemFileEntry[] = [];
  const open = [root];
  for (let folder = open.pop(); folder; folder = open.pop()) {
    for (const entry of await entriesOf(folder)) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory) open.push(entry as FileSystemDirectoryEntry);
      else found.push(entry as FileSystemFileEntry);
    }
  }
  found.sort((a, b) => a.fullPath.localeCompare(b.fullPath, undefined, { numeric: true }));
  const files = await Promise.all(found.map((entry) => new Promise<File>((...settle) => entry.file(...settle))));
  for (const [i, { fullPath }] of found.entries()) PATHS.set(files[i] as File, fullPath.split('/').slice(2).join('/'));
  return folderOf(root.name, files);
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
