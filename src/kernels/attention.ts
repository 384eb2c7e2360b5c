import attentionWgsl from '../../shaders/attention.wgsl?raw';
import { ensureTypes, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { parts } from '../parts.js';

const tiledWgsl = async () => (await parts.gpu()).attentionTiled;
const subgroupWgsl = async () => (await parts.rare()).attention;

const WORKGROUP = 64;
/** Queries an invocation of the register kernel takes: more would keep too many sums alive. */
const QUERIES = 2;
/** Rows and columns of a workgroup of the tiled kernel, and queries that it takes. */
const SIDE = 8;
const TILE = 4 * SIDE;
/**
 * Invocations of a subgroup that the subgroup kernel is made for, and queries that one takes: 4 times as fast as
 * registers on llvmpipe.
 */
const LANES = 8;
const SUBGROUP_QUERIES = 16;

export interface AttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T, 3·C]: queries, keys and values of all heads, each [HEADS, D]. */
  readonly qkv: TensorType;
}

export interface AttentionAttrs {
  readonly heads: number;
  readonly out?: DType;
}

/** Multi-head self-attention softmax(q·kᵀ/√D)·v without the output projection; scores are never stored. y[T,C]. */
export const attention = defineOp<AttentionInputs, AttentionAttrs>({
  name: 'attention',
  infer({ qkv }, { heads, out = 'f32' }) {
    const [T, C3] = qkv.shape as [number, number];
    ensureTypes('attention', { qkv }, C3 % (12 * heads) === 0, `[T,3·${heads}·D] with D a multiple of 4`);
    return { y: { dtype: out, shape: [T, C3 / 3] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make(inputs, attrs, { y }) {
        const { params, T, D } = shapes(attrs, y);
        return {
          files: [attentionWgsl],
          tunables: { xelem: inputs.qkv.dtype, yelem: y.dtype, D4: D / 4, QUERIES, WORKGROUP },
          params: { ...params, DIMS: D / 4 },
          workgroups: attrs.heads * Math.ceil(T / (QUERIES * WORKGROUP)),
        };
      },
    },
    {
      // The tile shares keys through workgroup memory, which a CPU adapter is slow at.
      name: 'tiled',
      on: 'gpu',
      prefer: () => true,
      make(inputs, attrs, { y }) {
        const { params, T, D } = shapes(attrs, y);
        if (!fitsTile(D)) return undefined;
        const WIDTH = Math.ceil(D / 4 / SIDE) * SIDE;
        return {
          files: [tiledWgsl],
          tunables: { xelem: inputs.qkv.dtype, yelem: y.dtype, D4: D / 4, SIDE, WIDTH },
          params: { ...params, DIMS: WIDTH, COLUMNS: SIDE },
          workgroups: attrs.heads * Math.ceil(T / TILE),
        };
      },
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make(inputs, attrs, { y }) {
        const { params, T, D } = shapes(attrs, y);
        return {
          files: [subgroupWgsl],
          tunables: { xelem: inputs.qkv.dtype, yelem: y.dtype, D4: D / 4, QUERIES: SUBGROUP_QUERIES, LANES },
          params: { ...params, DIMS: D / 4, KEYS: LANES, ROWS: SUBGROUP_QUERIES },
          workgroups: attrs.heads * Math.ceil(T / SUBGROUP_QUERIES),
          subgroupSize: LANES,
        };
      },
    },
  ],
  probes: async () => (await parts.gpu()).attentionProbes,
  cost: ({ qkv }, _attrs, { y }) => ({
    flops: 4 * (qkv.shape[0] as number) * (y.shape[0] as number) * (y.shape[1] as number),
  }),
});

/** Wider heads do not fit in workgroup memory; narrower ones would leave columns of the tile without channels. */
function fitsTile(D: number): boolean {
  return D >= 32 && D <= 64;
}

function shapes({ heads }: AttentionAttrs, y: TensorType): { params: Record<string, number>; T: number; D: number } {
  const [T, C] = y.shape as [number, number];
  const D = C / heads;
  return { params: { T, HEADS: heads, SCALE: D ** -0.5 * Math.LOG2E }, T, D };
}
