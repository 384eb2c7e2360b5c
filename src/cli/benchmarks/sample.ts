import type { OrderedPair } from '../../eval/benchmark_scores.js';
import type { DepthTruth } from '../../eval/depth_truth.js';
import type { Crop, Protocol } from '../../eval/protocols.js';
import { DepthFileError, type ErrorDetails } from '../../errors.js';
import type { FileTree } from '../../node/archive/archive_bytes.js';
import { greyCodes, type GreyCodes } from '../../node/depth_file.js';
import type { Picture } from '../../node/image_file.js';
import { scoredOf } from '../eval_picture.js';

/** A picture and what is known of its depth. */
export type Scene = { readonly picture: Picture } & (
  | { readonly truth: DepthTruth; readonly pairs?: undefined }
  | { readonly pairs: readonly OrderedPair[]; readonly truth?: undefined }
);

/** One picture of a benchmark, read when its turn comes. */
export interface Sample {
  readonly picture: string;
  /** Pictures of one clip are aligned together, where the protocol says so. */
  readonly clip?: string;
  /** Its benchmark, or the part of one that it is listed under. */
  readonly folder: string;
  open(): Promise<Scene>;
}

/** The pictures that one protocol is for. */
export interface Benchmark {
  readonly name: string;
  /** Undefined for one of pairs of points, which needs no alignment. */
  readonly protocol?: Protocol;
  readonly samples: readonly Sample[];
}

/** Finds in `tree` what it knows, with files that may be in any of `trees`; undefined where there is nothing. */
export type Layout = (tree: FileTree, trees: readonly FileTree[], choice: Choice) => Promise<Benchmark[]>;

/** What the command line chose. */
export interface Choice {
  /** In place of the protocol that a layout comes with. */
  readonly protocol?: { readonly name: string; readonly rules: Protocol };
}

/** A picture in a tree. @throws as `readPicture`; DepthFileError EVAL_PAIR for a map */
export async function openPicture(tree: FileTree, name: string): Promise<Picture> {
  return scoredOf(await tree.read(name), sourceOf(tree, name));
}

/** The codes of a depth map, which all layouts have in 16 bits. @throws as `greyCodes`; DepthFileError EVAL_LAYOUT */
export async function readCodes(tree: FileTree, name: string): Promise<GreyCodes> {
  const source = sourceOf(tree, name);
  const codes = await greyCodes(await tree.read(name), source);
  if (codes.bits === 16) return codes;
  throw layoutFault(source, `has codes of ${codes.bits} bits, and depth has 16`, { expected: 16, actual: codes.bits });
}

export function sourceOf(tree: FileTree, name: string): string {
  return `${tree.path}/${name}`;
}

/** Text lines of a list, without empty ones. */
export async function readLines(tree: FileTree, name: string): Promise<string[]> {
  const text = new TextDecoder().decode(await tree.read(name));
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** What a JSON file holds. @throws DepthFileError EVAL_LAYOUT */
export async function readJson(tree: FileTree, name: string): Promise<unknown> {
  const text = new TextDecoder().decode(await tree.read(name));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw layoutFault(sourceOf(tree, name), 'is not JSON', { cause });
  }
}

/** Where the file of this name is, its folder in the tree left open. */
export function findFile(
  trees: readonly FileTree[],
  name: string,
): { readonly tree: FileTree; readonly prefix: string } | undefined {
  for (const tree of trees) {
    if (tree.names.has(name)) return { tree, prefix: '' };
  }
  for (const tree of trees)
    for (const each of tree.names)
      if (each.endsWith(`/${name}`)) return { tree, prefix: each.slice(0, each.length - name.length) };
  return undefined;
}

/** Folder of a name, with its `/`; empty at the root. */
export function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** Data that a layout does not allow. */
export function layoutFault(source: string, what: string, details: ErrorDetails = {}): DepthFileError {
  return new DepthFileError('EVAL_LAYOUT', `${source}: ${what}.`, { ...details, source, phase: 'read' });
}

/** A part of a picture, RGBA. */
export function cropPicture(picture: Picture, crop: Crop | undefined): Picture {
  if (!crop) return picture;
  const { data, ...size } = cropRows(picture, picture.data, 4, crop);
  return { data: data as Uint8Array<ArrayBuffer>, ...size };
}

/** A part of a map. */
export function cropMap<T extends Float64Array | Float32Array>(
  map: { readonly width: number; readonly height: number; readonly data: T },
  crop: Crop | undefined,
): { readonly width: number; readonly height: number; readonly data: T } {
  return crop ? cropRows(map, map.data, 1, crop) : map;
}

function cropRows<T extends Uint8Array | Float64Array | Float32Array>(
  size: { readonly width: number; readonly height: number },
  values: T,
  channels: number,
  crop: Crop,
): { width: number; height: number; data: T } {
  const { rows, columns } = crop(size);
  const [top, bottom] = [Math.max(0, rows[0]), Math.min(size.height, rows[1])];
  const [left, right] = [Math.max(0, columns[0]), Math.min(size.width, columns[1])];
  const [width, height] = [Math.max(0, right - left), Math.max(0, bottom - top)];
  const data = new (values.constructor as new (length: number) => T)(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * size.width + left) * channels;
    data.set(values.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, data };
}
