import { readdir, realpath, stat } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import { ImageError, UsageError } from '../errors.js';
import { registry } from '../models/registry.js';
import { readHead, unsupportedFormat } from '../node/image_file.js';
import { isOwnResult, isReadable, sniffPicture } from '../node/picture_format.js';

/** A picture, and the named folder it was found in; none when the picture itself was named. */
export interface FoundPicture {
  readonly path: string;
  readonly folder?: string;
}

/** A file passed over, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

export interface FoundPictures {
  readonly pictures: readonly FoundPicture[];
  readonly skipped: readonly Skipped[];
}

interface Search {
  readonly pictures: FoundPicture[];
  readonly skipped: Skipped[];
  /** Real paths already seen: a picture named twice counts once, and links cannot lead in circles. */
  readonly seen: Set<string>;
}

/**
 * Pictures among files and folders, in the order given and by name within a folder. Hidden files, our own results and
 * the folder `except` (unless it is an input itself) are left out of folders without a word.
 * @throws UsageError OPTION_INPUT when an input does not exist.
 */
export async function findPictures(inputs: readonly string[], except?: string): Promise<FoundPictures> {
  const search: Search = { pictures: [], skipped: [], seen: new Set() };
  if (except !== undefined && !(await Promise.all(inputs.map(identity))).includes(await identity(except))) {
    search.seen.add(await identity(except));
  }
  for (const input of inputs) {
    const found = await stat(input).catch((cause: unknown) => {
      throw new UsageError('OPTION_INPUT', `${input}: no such file or folder.`, { source: input, cause });
    });
    if (found.isDirectory()) await searchFolder(search, input, input);
    else await examine(search, { path: input });
  }
  return search;
}

async function searchFolder(search: Search, path: string, folder: string): Promise<void> {
  if (await seenBefore(search, path)) return;
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  for (const name of names) {
    const entry = join(path, name);
    const found = await stat(entry).catch(() => undefined);
    if (found?.isDirectory()) await searchFolder(search, entry, folder);
    else if (found?.isFile()) await examine(search, { path: entry, folder });
    else search.skipped.push({ path: entry, reason: 'is not a file' });
  }
}

async function examine(search: Search, picture: FoundPicture): Promise<void> {
  const { path, folder } = picture;
  if (await seenBefore(search, path)) return;
  try {
    const head = await readHead(path);
    if (folder !== undefined && (isOwnResult(head) || (await isOwnData(path)))) return;
    const format = sniffPicture(head);
    if (format && isReadable(format)) search.pictures.push(picture);
    else search.skipped.push({ path, reason: format ? unsupportedFormat(format) : 'is not a picture' });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    search.skipped.push({ path, reason: 'cannot be read' });
  }
}

/**
 * Whether a file is called as our data files are: after a picture and a model, or after a drawing of ours beside it.
 */
async function isOwnData(path: string): Promise<boolean> {
  const { dir, name, ext } = parse(path);
  if (!['.npy', '.pfm', '.json'].includes(ext)) return false;
  if (registry.some((model) => name.endsWith(`-${model.name}`))) return true;
  return readHead(join(dir, `${name}.png`)).then(isOwnResult, () => false);
}

async function seenBefore({ seen }: Search, path: string): Promise<boolean> {
  const real = await identity(path);
  if (seen.has(real)) return true;
  seen.add(real);
  return false;
}

/** One name for a file however it is spelled or linked to. */
function identity(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
