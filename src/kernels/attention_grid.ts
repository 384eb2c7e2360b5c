import gridWgsl from '../../shaders/attention_grid.wgsl?raw';
import { ensure } from '../tensor.js';
import type { AttentionAttrs, Where } from './attention_kernels.js';
import { placeProbe, type Seen } from './attention_place.probe.js';
import type { Probe } from './probe.js';

/** Grids of queries and keys. */
export interface GridOptions {
  /** Rows and columns of the keys. */
  readonly keys: readonly [rows: number, columns: number];
  /** Those of the queries; as of the keys where they are left out. */
  readonly queries?: readonly [rows: number, columns: number];
  /** Rows and columns of the keys from one query to the next; 1 where it is left out. */
  readonly stride?: number;
  /** Whether a class token is first, among queries and keys. */
  readonly classToken?: boolean;
}

/**
 * Attention with a bias by offset between two grids, stride·query - key. The bias [heads, offsets] holds
 * (stride·(QH-1) + KH)·(stride·(QW-1) + KW) of them, rows before columns, from the last key seen by the first query on;
 * (2·KH-1)·(2·KW-1) for one grid. With a class token three more follow: class to patch, patch to class, class to class.
 * @throws UsageError `SHAPE_MISMATCH` for queries past the keys
 */
export function grid({ keys, queries = keys, stride = 1, classToken = false }: GridOptions): Where {
  const [[KH, KW], [QH, QW]] = [keys, queries];
  const fits = QH > 0 && QW > 0 && stride * (QH - 1) < KH && stride * (QW - 1) < KW;
  ensure(fits, () => `attention: ${QH}×${QW} queries, ${stride} apart, are not on ${KH}×${KW} keys.`);
  const CLASS = classToken ? 1 : 0;
  const SPAN = stride * (QW - 1) + KW;
  const offsets = (stride * (QH - 1) + KH) * SPAN + 3 * CLASS;
  return {
    files: [gridWgsl],
    tunables: {},
    params: { QW, KH, KW, STRIDE: stride, CLASS, SPAN, OFFSETS: offsets },
    parts: 1,
    queries: QH * QW + CLASS,
    keys: KH * KW + CLASS,
    offsets,
    probes: gridProbes,
  };
}

function gridProbes(storage: 'f32' | 'f16'): [Probe<AttentionAttrs>] {
  const [H, W] = [3, 5];
  const span = 2 * W - 1;
  const seen: Seen = (query, key) => {
    if (query * key === 0) return [(2 * H - 1) * span + (query > 0 ? 1 : key > 0 ? 0 : 2), 0];
    const [dy, dx] = [(token: number) => Math.floor((token - 1) / W), (token: number) => (token - 1) % W].map(
      (side) => side(query) - side(key),
    ) as [number, number];
    return [(dy + H - 1) * span + dx + W - 1, 0];
  };
  return [placeProbe(grid({ keys: [H, W], classToken: true }), seen, storage)];
}
