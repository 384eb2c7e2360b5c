import { realpath, stat } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import { ImageError, UsageError } from '../errors.js';
import { registry } from '../models/registry.js';
import { entriesOf, onDisk } from '../node/disk_names.js';
import { readHead, unsupportedFormat } from '../node/image_file.js';
import { isOwnResult, isReadable, sniffPicture } from '../node/picture_format.js';
import { isClip } from '../node/video/clip_format.js';
import { CONTAINERS } from '../node/video/encoders.js';
import type { PipedClip, PipedClips } from '../node/video/piped_clips.js';
import { isStandardInput, readStream, STANDARD } from '../node/streams.js';
import { FRAMES_END, workName } from './video/clip_options.js';
import { LAYOUTS } from './view_options.js';

/** A picture or video, and the named folder it was found in; none when it was named itself. */
export interface FoundPicture {
  readonly path: string;
  readonly folder?: string;
  /** What came out of a pipe, which can be read but once. */
  readonly bytes?: Uint8Array;
  /** A video that came out of one. */
  readonly piped?: PipedClip;
  /** Whether it is a video. */
  readonly clip?: boolean;
}

/** A file passed over, and why. */
export interface Skipped {
  readonly path: string;
  /** The named folder it was found in. */
  readonly folder?: string;
  readonly reason: string;
}

export interface FoundPictures {
  readonly pictures: readonly FoundPicture[];
  readonly skipped: readonly Skipped[];
  /** Our own results among the files named, left out as there are photographs too. */
  readonly own: readonly string[];
}

/** What the name of a stereo video has behind the model's. */
const STEREO_END = new RegExp(`-(?:${LAYOUTS.join('|')})$`);

interface Search {
  readonly pictures: FoundPicture[];
  readonly skipped: Skipped[];
  readonly pipes: PipedClips | undefined;
  /** Real paths already seen: a picture named twice counts once, and links cannot lead in circles. */
  readonly seen: Set<string>;
}

/**
 * Pictures and videos among files, folders, pipes and standard input (`-`), in the order given and by name within a
 * folder. Hidden files, our own results and the folder `except` (unless it is an input itself) are left out of folders
 * without a word; our own results that are named beside photographs, as a glob does, are left out too. What cannot be
 * looked at is skipped with its reason.
 * @param pipes keeps videos that come out of pipes; without it they are skipped
 * @throws UsageError OPTION_INPUT when no input exists.
 */
export async function findPictures(
  inputs: readonly string[],
  except?: string,
  signal: AbortSignal = new AbortController().signal,
  pipes?: PipedClips,
): Promise<FoundPictures> {
  const search: Search = { pictures: [], skipped: [], seen: new Set(), pipes };
  if (except !== undefined && !(await Promise.all(inputs.map(identity))).includes(await identity(except))) {
    search.seen.add(await identity(except));
  }
  let missing: UsageError | undefined;
  const own: string[] = [];
  const photographs = inputs.length > 1 ? await someForeign(inputs) : false;
  for (const input of inputs) {
    if (isStandardInput(input)) {
      await examineStream(search, input, signal);
      continue;
    }
    const found = await stat(onDisk(input)).catch((cause: unknown) => {
      missing ??= new UsageError('OPTION_INPUT', `${input}: ${absence(input, cause)}.`, { source: input, cause });
      search.skipped.push({ path: input, reason: `is left out: ${absence(input, cause)}` });
    });
    if (!found) continue;
    if (found.isDirectory()) await searchFolder(search, input, input);
    else if (!found.isFile()) await examineStream(search, input, signal);
    else if (photographs && (await isOwn(input))) own.push(input);
    else await examine(search, { path: input });
  }
  if (missing && search.skipped.length === inputs.length) throw missing;
  return { pictures: search.pictures, skipped: search.skipped, own };
}

/** Whether any input is not a result of ours. */
async function someForeign(inputs: readonly string[]): Promise<boolean> {
  for (const input of inputs) if (!(await isOwn(input))) return true;
  return false;
}

async function isOwn(path: string): Promise<boolean> {
  const found = isStandardInput(path) ? undefined : await stat(onDisk(path)).catch(() => undefined);
  if (!found?.isFile()) return false;
  return (await readHead(path).then(isOwnResult, () => false)) || isOwnData(path);
}

/** Why a file cannot be looked at. Names on command lines are decoded as UTF-8, with U+FFFD for what is none. */
function absence(path: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (path.includes('\ufffd')) return 'its name is not UTF-8; rename it';
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'no such file or folder' : `cannot be read (${message})`;
}

async function examineStream(search: Search, path: string, signal: AbortSignal): Promise<void> {
  try {
    const name = isStandardInput(path) ? STANDARD : path;
    const bytes = await readStream(path, signal, search.pipes);
    if ('file' in bytes) return void search.pictures.push({ path: name, piped: bytes, clip: true });
    const format = sniffPicture(bytes);
    if (format && isReadable(format)) search.pictures.push({ path: name, bytes });
    else if (isClip(bytes))
      search.skipped.push({ path, reason: 'is a video, which is read from a file and not a pipe' });
    else search.skipped.push({ path, reason: format ? unsupportedFormat(format) : 'is not a picture' });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    search.skipped.push({ path, reason: reasonIn(error, path) });
  }
}

/** The reason in an error about a file, without the name it begins with. */
export function reasonIn({ message }: Error, path: string): string {
  return message.replace(`${path}: `, '').replace(/\.$/, '');
}

async function searchFolder(search: Search, path: string, folder: string): Promise<void> {
  if (await seenBefore(search, path)) return;
  const listed = await entriesOf(path).catch((cause: unknown) => {
    search.skipped.push({ path, folder, reason: absence(path, cause) });
    return [];
  });
  if (isNamedByModel(path) && listed.some(({ name }) => name === FRAMES_END || name === workName(FRAMES_END))) return;
  for (const { name } of listed.filter((entry) => !entry.name.startsWith('.'))) {
    const entry = join(path, name);
    const found = await stat(onDisk(entry)).catch((cause: unknown) => {
      search.skipped.push({ path: entry, folder, reason: absence(entry, cause) });
    });
    if (!found) continue;
    if (found.isDirectory()) await searchFolder(search, entry, folder);
    else if (found.isFile()) await examine(search, { path: entry, folder });
    else search.skipped.push({ path: entry, folder, reason: 'is not a file' });
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
    else if (isClip(head)) search.pictures.push({ ...picture, clip: true });
    else search.skipped.push({ ...picture, reason: format ? unsupportedFormat(format) : 'is not a picture' });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    search.skipped.push({ ...picture, reason: reasonIn(error, path) });
  }
}

/**
 * Whether a file is called as our data files and videos are: after a picture and a model, or after a drawing of ours
 * beside it.
 */
async function isOwnData(path: string): Promise<boolean> {
  const { dir, name, ext } = parse(path);
  if (CONTAINERS.some((each) => ext === `.${each}`)) return isNamedByModel(name.replace(STEREO_END, ''));
  if (!['.npy', '.pfm', '.json', '.ply', '.glb', '.exr'].includes(ext)) return false;
  if (isNamedByModel(name)) return true;
  return readHead(join(dir, `${name}.png`)).then(isOwnResult, () => false);
}

function isNamedByModel(name: string): boolean {
  return registry.some((model) => name.endsWith(`-${model.name}`));
}

async function seenBefore({ seen }: Search, path: string): Promise<boolean> {
  const real = await identity(path);
  if (seen.has(real)) return true;
  seen.add(real);
  return false;
}

/** One name for a file however it is spelled or linked to. */
function identity(path: string): Promise<string> {
  return realpath(onDisk(path), 'buffer').then(
    (real) => real.toString('latin1'),
    () => resolve(path),
  );
}
