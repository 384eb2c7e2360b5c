import sumsWhole from '../../shaders/sums_whole.wgsl?raw';
import { parts } from '../parts.js';
import type { ShaderFile } from './op.js';

/** Invocations that share the sums of a tile, as in sums_split.wgsl. */
const SPLIT = 4;
/** Invocations that keep a large GPU busy: eight waves of 64 on each of 64 units. */
const BUSY = 32768;
/** Vectors that a part of a sum has at least: fewer are not worth adding up parts. */
const TERMS = 8;

/** How gemm.wgsl and conv2d.wgsl sum: an invocation alone, or several that share a tile. */
export interface Sums {
  readonly file: ShaderFile;
  readonly SPLIT: number;
}

export const WHOLE: Sums = { file: sumsWhole, SPLIT: 1 };
export const SHARED: Sums = { file: async () => (await parts.gpu()).sumsSplit, SPLIT };

/** Whether a GPU is better off with shared sums: where tiles are few, and their sums are long. */
export function fillsParts(tiles: number, terms: number): boolean {
  return tiles < BUSY / 2 && terms >= SPLIT * TERMS;
}
