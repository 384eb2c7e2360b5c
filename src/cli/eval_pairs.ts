import { stat } from 'node:fs/promises';
import { extname, join, parse, relative } from 'node:path';
import { DepthFileError, UsageError } from '../errors.js';
import { eachFolder, onDisk } from '../node/disk_names.js';

/** A picture and the file that holds its true depth. */
export interface Pair {
  readonly picture: string;
  readonly depth: string;
  /** Folder they lie in, relative to the one searched. */
  readonly folder: string;
}

const PICTURES = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.avif', '.ppm'];
const DEPTH_STEM = /[-_]depth$/;

/**
 * Pictures with their true depth, in a folder and those below it, by name. NAME.pfm, NAME.npy and NAME-depth (or
 * NAME_depth) with .pfm, .npy or .png belong to the picture called NAME. Hidden files and other kinds of file are left
 * out.
 * @throws UsageError OPTION_INPUT for no folder, EVAL_EMPTY for one without pictures; DepthFileError EVAL_PAIR for a
 *   picture without
 *   depth, depth without a picture, or two of either.
 */
export async function findPairs(root: string): Promise<Pair[]> {
  const found = await stat(onDisk(root)).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError('OPTION_INPUT', `${root}: there is no such folder.`, { source: root });
  const pairs: Pair[] = [];
  const visit = (folder: string, files: readonly string[]) => void pairs.push(...pairsIn(folder, root, files));
  await eachFolder(root, visit, isHidden).catch((cause: unknown) => {
    if (cause instanceof DepthFileError) throw cause;
    throw new DepthFileError('DEPTH_READ', `${root}: cannot be read (${(cause as Error).message}).`, {
      source: root,
      phase: 'read',
      cause,
    });
  });
  if (pairs.length > 0) return pairs;
  throw new UsageError('EVAL_EMPTY', `${root}: there are no pictures with true depth.`, {
    hint: 'A picture NAME.png or NAME.jpg needs NAME.pfm, NAME.npy or NAME-depth.png beside it.',
    source: root,
  });
}

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

function pairsIn(path: string, root: string, all: readonly string[]): Pair[] {
  const files = all.filter((name) => !isHidden(name));
  const depths = byStem(path, files.filter(isDepth));
  const pictures = byStem(
    path,
    files.filter((name) => !isDepth(name) && PICTURES.includes(extname(name).toLowerCase())),
  );
  for (const [stem, depth] of depths) {
    if (!pictures.has(stem))
      throw unpaired(join(path, depth), `there is no picture ${stem}.png or ${stem}.jpg beside it`);
  }
  return [...pictures].map(([stem, picture]) => {
    const depth = depths.get(stem);
    if (depth === undefined)
      throw unpaired(join(path, picture), `its depth ${stem}.pfm, ${stem}.npy or ${stem}-depth.png is missing`);
    return { picture: join(path, picture), depth: join(path, depth), folder: relative(root, path) || '.' };
  });
}

function isDepth(name: string): boolean {
  const { name: stem, ext } = parse(name);
  return /^\.(?:pfm|npy)$/i.test(ext) || (/^\.png$/i.test(ext) && DEPTH_STEM.test(stem));
}

function byStem(folder: string, names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const stem = parse(name).name.replace(isDepth(name) ? DEPTH_STEM : '', '');
    const other = found.get(stem);
    if (other !== undefined) throw unpaired(join(folder, name), `${other} has the same name`);
    found.set(stem, name);
  }
  return found;
}

function unpaired(path: string, why: string): DepthFileError {
  return new DepthFileError('EVAL_PAIR', `${path}: ${why}.`, { source: path, phase: 'read' });
}
