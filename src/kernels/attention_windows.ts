import windowsWgsl from '../../shaders/attention_windows.wgsl?raw';
import { ensure } from '../tensor.js';
import type { Where } from './attention_kernels.js';

/** Windows of a map of tokens. */
export interface WindowOptions {
  /** Rows and columns of the map, multiples of `side`. */
  readonly map: readonly [rows: number, columns: number];
  readonly side: number;
  /** Rows and columns that the map is rolled by, up and left, less than `side`; 0 for none. */
  readonly shift: number;
}

/**
 * Attention within windows of a map, arXiv 2103.14030. The bias [heads, (2·side-1)²] is by offset, query - key, rows
 * before columns.
 * @throws UsageError `SHAPE_MISMATCH` for a map that is not made of whole windows
 */
export function windows({ map, side, shift }: WindowOptions): Where {
  const [H, W] = map;
  const fits = H > 0 && W > 0 && H % side === 0 && W % side === 0 && shift >= 0 && shift < side;
  ensure(fits, () => `attention: windows of ${side} shifted by ${shift} do not fit a map of ${H}×${W}.`);
  return {
    files: [windowsWgsl],
    tunables: { WINDOW: side },
    params: { H, W, SHIFT: shift },
    parts: (H / side) * (W / side),
    queries: side * side,
    keys: side * side,
    offsets: (2 * side - 1) ** 2,
  };
}
