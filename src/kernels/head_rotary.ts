import headRotaryWgsl from '../../shaders/head_rotary.wgsl?raw';
import { ensureTypes, numel, tokens2, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface HeadRotaryInputs {
  readonly [name: string]: TensorType | undefined;
  /** [1 + GH·GW, 3·heads·D] */
  readonly qkv: TensorType;
  /** Scale and shift of queries, then of keys [4,D], f32. */
  readonly norm: TensorType;
  /** Cosines and sines of a half head's D/4 pairs by place [places,D/2], f32: `turnTable()`. */
  readonly turns: TensorType;
}

export interface HeadRotaryAttrs {
  readonly heads: number;
  readonly eps: number;
  /** Rows and columns of the patches behind token 0. */
  readonly grid: readonly [rows: number, columns: number];
  /** Whether all patches are at one place, (1,1), and not each at its own. */
  readonly together?: boolean;
  readonly out?: DType;
}

/**
 * Queries and keys of every head normalised over their D channels, then turned by the row and the column of their
 * patch, from 1 on; token 0 is not turned; values as they are. y[T,3·heads·D], for `attention`.
 */
export const headRotary = defineOp<HeadRotaryInputs, HeadRotaryAttrs>({
  name: 'head_rotary',
  infer({ qkv, norm, turns }, attrs) {
    const { heads, grid, out = 'f32' } = attrs;
    const [T, row] = tokens2(qkv);
    const D = row / 3 / heads;
    const tokens = 1 + grid[0] * grid[1];
    const fits = T === tokens && row % (48 * heads) === 0;
    ensureTypes('head_rotary', { qkv }, fits, `[${tokens},3·${heads}·D] with D a multiple of 16`);
    ensureTypes('head_rotary', { norm }, norm.dtype === 'f32' && norm.shape.join() === [4, D].join(), `f32[4,${D}]`);
    const table = [turnPlaces(attrs), D / 2];
    ensureTypes(
      'head_rotary',
      { turns },
      turns.dtype === 'f32' && turns.shape.join() === table.join(),
      `f32[${table}]`,
    );
    return { y: { dtype: out, shape: qkv.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ qkv }, { heads, eps, grid, together = false }, { y }) {
        const [T, row] = tokens2(qkv);
        const VECTORS = 3 * T * heads;
        return {
          files: [headRotaryWgsl],
          tunables: { xelem: qkv.dtype, yelem: y.dtype, WORKGROUP },
          params: { VECTORS, HEADS: heads, D4: row / 12 / heads, GW: grid[1], STEP: together ? 0 : 1, EPS: eps },
          workgroups: Math.ceil(VECTORS / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, _attrs, { y }) => ({ flops: 10 * numel(y.shape) }),
});

/** Places along a side that turns are needed for: 0, and those of the patches. */
export function turnPlaces({ grid, together = false }: Pick<HeadRotaryAttrs, 'grid' | 'together'>): number {
  return 1 + (together ? 1 : Math.max(...grid));
}

/**
 * Cosines and sines [places, D/2] of p·base^(-4j/D) for the pairs j < D/4 of a half head, which has D/2 channels, in
 * f64: the precision of WGSL's own is not told.
 */
export function turnTable(places: number, D: number, base: number): Float32Array {
  const pairs = D / 4;
  const angle = (i: number) => Math.floor(i / (2 * pairs)) * base ** (-(i % pairs) / pairs);
  return Float32Array.from({ length: places * 2 * pairs }, (_, i) =>
    i % (2 * pairs) < pairs ? Math.cos(angle(i)) : Math.sin(angle(i)),
  );
}
