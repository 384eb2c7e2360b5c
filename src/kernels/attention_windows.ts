import windowsWgsl from '../../shaders/attention_windows.wgsl?raw';
import { ensure } from '../tensor.js';
import type { AttentionAttrs, Where } from './attention_kernels.js';
import { placeProbe, type Seen } from './attention_place.probe.js';
import type { Probe } from './probe.js';

/** Where a token is along one side of the map. */
interface Place {
  readonly window: number;
  readonly at: number;
  readonly region: number;
}

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
    probes: windowProbes,
  };
}

function windowProbes(storage: 'f32' | 'f16'): [Probe<AttentionAttrs>] {
  const [size, side, shift] = [8, 4, 1];
  const place = (token: number) =>
    [Math.floor(token / size), token % size].map((at) => {
      const rolled = (at + size - shift) % size;
      const region = rolled < size - side ? 0 : rolled < size - shift ? 1 : 2;
      return { window: Math.floor(rolled / side), at: rolled % side, region };
    }) as [Place, Place];
  const seen: Seen = (query, key) => {
    const [[qy, qx], [ky, kx]] = [place(query), place(key)];
    if (qy.window !== ky.window || qx.window !== kx.window) return undefined;
    const offset = (qy.at - ky.at + side - 1) * (2 * side - 1) + qx.at - kx.at + side - 1;
    return [offset, qy.region === ky.region && qx.region === kx.region ? 0 : -100];
  };
  return [placeProbe(windows({ map: [size, size], side, shift }), seen, storage)];
}
