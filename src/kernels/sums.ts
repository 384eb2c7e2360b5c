import sumsWhole from '../../shaders/sums_whole.wgsl?raw';
import { parts } from '../parts.js';
import type { Kernel, ShaderFile } from './op.js';

const sumsSplit = async () => (await parts.gpu()).sumsSplit;

/** Tiles of a workgroup whose invocations share nothing, and invocations of one that do. */
const WORKGROUP = 64;
const SHARING = 256;
/** Invocations that share the sums of a tile at most. */
const MOST = 32;
/** Invocations that keep a large GPU busy: eight waves of 64 on each of 64 units. */
const BUSY = 32768;
/** Vectors, or rows of them, that a part of a sum has at least: fewer are not worth adding up parts. */
const TERMS = 8;

/** How the kernels of registers sum: an invocation alone, or several that share a tile. */
export interface Sums {
  readonly file: ShaderFile;
  readonly tunables: Kernel['tunables'];
  /** Tiles of a workgroup. */
  readonly tiles: number;
  /** Invocations of a workgroup, where they are more than every device takes. */
  readonly invocations: number;
}

export const WHOLE: Sums = { file: sumsWhole, tunables: { WORKGROUP, SPLIT: 1 }, tiles: WORKGROUP, invocations: 0 };

/** Sums for a GPU, shared where tiles are few and their sums are of many vectors. `rows` as in `sharedBy`. */
export function sumsFor(tiles: number, terms: number, rows: number): Sums {
  let SPLIT = 1;
  while (SPLIT < MOST && tiles * SPLIT < BUSY && terms >= 2 * SPLIT * TERMS) SPLIT *= 2;
  return sharedBy(SPLIT, rows);
}

/** Sums that SPLIT invocations share, a power of two. So is `rows`, of a tile: as many invocations store them. */
export function sharedBy(SPLIT: number, rows: number): Sums {
  const each = SPLIT === 1 ? WORKGROUP : SHARING / SPLIT;
  const tunables = { WORKGROUP: each, SPLIT, ENDS: Math.min(SPLIT, rows) };
  return { file: sumsSplit, tunables, tiles: each, invocations: SPLIT === 1 ? 0 : SHARING };
}
