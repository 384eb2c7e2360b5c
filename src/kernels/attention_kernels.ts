import registersWgsl from '../../shaders/attention.wgsl?raw';
import wholeWgsl from '../../shaders/attention_whole.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, type DType, type TensorType } from '../tensor.js';
import type { Cost, Include, Kernel, OpKernel, ShaderFile, Types } from './op.js';
import type { Probes } from './probe.js';
import { epilogueKernel, type Activation } from './store.js';

const tiledWgsl = async () => (await parts.gpuTransformers()).attentionTiled;
const subgroupWgsl = async () => (await parts.rare()).attention;

const WORKGROUP = 64;
/** Queries that an invocation of the register kernel takes, half of them of wide values: sums are kept for each. */
const QUERIES = 2;
/** Values of more elements than this are wide. */
const WIDE = 64;
/** Rows and columns of a workgroup of the tiled kernel, of four queries and of four keys each. */
const TILE = { rows: 8, columns: 8 } as const;
/**
 * Invocations of a subgroup that the subgroup kernel is made for, and queries that one takes: 4 times as fast as
 * registers on llvmpipe. Half of them are a fifth faster for wide values.
 */
const LANES = 8;
const SUBGROUP_QUERIES = 16;

/** Which queries and keys meet, and what their places add to their scores: an include of the kernels. */
export interface Where extends Include {
  /** Sets of tokens that see only each other, such as windows. */
  readonly parts: number;
  /** Queries and keys of a part. */
  readonly queries: number;
  readonly keys: number;
  /** Columns of the bias [heads, offsets]; 0 without a bias. */
  readonly offsets: number;
  /** What tells whether kernels that include this compute rightly. */
  readonly probes?: Probes<AttentionAttrs>;
}

/** Attributes of self-attention. */
export interface AttentionAttrs {
  readonly heads: number;
  /** V, elements of a value of one head; D where it is left out, and D is what is left of a row. */
  readonly valueSize?: number;
  /** Factor of the scores; D^-1/2 where it is left out. */
  readonly scale?: number;
  /** `windows()` or `grid()`; all tokens see each other where it is left out. */
  readonly where?: Where;
  /** On the sums; none where it is left out. */
  readonly act?: Activation;
  readonly out?: DType;
}

/** One application of attention, as its kernels see it. */
export interface AttentionForm {
  readonly heads: number;
  /** Elements of a query, and of a key, of one head. */
  readonly headSize: number;
  /** Elements of a value of one head. */
  readonly valueSize: number;
  /** Factor of the scores. */
  readonly scale: number;
  readonly where: Where;
  /** On the sums; none where it is left out. */
  readonly act?: Activation | undefined;
  /** Declares the bindings of queries, keys and values. */
  readonly loader: Include;
}

/** All queries see all keys. */
export function whole(queries: number, keys: number): Where {
  return { files: [wholeWgsl], tunables: {}, params: {}, parts: 1, queries, keys, offsets: 0 };
}

/** Checks tokens and bias against what `where` says of them. */
export function ensureWhere(
  op: string,
  { parts: count, queries, keys, offsets }: Where,
  { q, kv, bias }: { readonly q: TensorType; readonly kv: TensorType; readonly bias: TensorType | undefined },
  heads: number,
): void {
  const fits = q.shape[0] === count * queries && kv.shape[0] === count * keys;
  ensureTypes(op, { q, kv }, fits, `${count * queries} queries and ${count * keys} keys`);
  const biased = bias?.dtype === 'f32' && bias.shape.join() === [heads, offsets].join();
  ensureTypes(op, { bias }, offsets === 0 ? !bias : biased, offsets === 0 ? 'no bias' : `f32[${heads},${offsets}]`);
}

/** 2 × multiply-adds of scores and sums. */
export function attentionCost({ heads, headSize, valueSize, where }: AttentionForm): Cost {
  return { flops: 2 * where.parts * where.queries * where.keys * heads * (headSize + valueSize) };
}

/** The kernels of an op that is attention with a loader of its own. */
export function attentionKernels<In extends Types, Attrs>(
  formOf: (inputs: In, attrs: Attrs) => AttentionForm,
): OpKernel<In, { y: TensorType }, Attrs>[] {
  return [
    { name: 'registers', on: 'any', make: (inputs, attrs, { y }) => registers(formOf(inputs, attrs), y) },
    {
      // The tile shares keys through workgroup memory, which a CPU adapter is slow at.
      name: 'tiled',
      on: 'gpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => tiled(formOf(inputs, attrs), y),
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => subgroup(formOf(inputs, attrs), y),
    },
  ];
}

function registers(form: AttentionForm, y: TensorType): Kernel {
  const queries = queriesOf(form, QUERIES);
  const DIMS = form.headSize / 4;
  return makeKernel(form, y, registersWgsl, { QUERIES: queries, WORKGROUP }, { DIMS }, queries * WORKGROUP);
}

function tiled(form: AttentionForm, y: TensorType): Kernel | undefined {
  if (!fitsTile(form)) return undefined;
  const { rows, columns } = TILE;
  const STEP = form.headSize % 32 === 0 ? 8 : 4;
  const SLICES = Math.ceil(form.valueSize / WIDE);
  const tunables = { ROWS: rows, COLUMNS: columns, STEP, SLICES };
  const kernel = makeKernel(form, y, tiledWgsl, tunables, { LOOP: columns }, 4 * rows);
  return { ...kernel, workgroups: SLICES * kernel.workgroups };
}

/** Wider sums do not fit in registers; narrower values would leave columns of the tile without channels. */
function fitsTile({ headSize, valueSize }: AttentionForm): boolean {
  return headSize >= 32 && headSize <= 128 && valueSize >= 32 && valueSize <= 128;
}

function subgroup(form: AttentionForm, y: TensorType): Kernel {
  const queries = queriesOf(form, SUBGROUP_QUERIES);
  const loops = { DIMS: form.headSize / 4, KEYS: LANES, ROWS: queries };
  const kernel = makeKernel(form, y, subgroupWgsl, { QUERIES: queries, LANES }, loops, queries);
  return { ...kernel, subgroupSize: LANES };
}

function queriesOf({ valueSize }: AttentionForm, queries: number): number {
  return valueSize > WIDE ? queries / 2 : queries;
}

function makeKernel(
  { heads, headSize, valueSize, scale, where, act, loader }: AttentionForm,
  y: TensorType,
  main: ShaderFile,
  tunables: Kernel['tunables'],
  loops: Kernel['params'],
  queriesOfWorkgroup: number,
): Kernel {
  // A mean of values is within their range.
  const end = epilogueKernel(act ?? 'none', y, true);
  const own = { ...end.tunables, K4: headSize / 4, V4: valueSize / 4 };
  const sizes = { PARTS: where.parts, TQ: where.queries, TK: where.keys, HEADS: heads };
  return {
    files: [main, ...where.files, ...loader.files, ...end.files],
    tunables: { ...own, ...tunables, ...where.tunables, ...loader.tunables },
    params: { ...sizes, SCALE: scale * Math.LOG2E, ...loops, ...where.params, ...loader.params },
    workgroups: where.parts * heads * Math.ceil(where.queries / queriesOfWorkgroup),
  };
}
