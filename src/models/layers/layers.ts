import type { Graph, Recipe, StoredTensor, Value, WeightTensor } from '../../graph/graph.js';
import { conv2d, padding, type Padding } from '../../kernels/conv2d.js';
import { gemm, transposedConv, type TokenRows } from '../../kernels/gemm.js';
import type { Activation } from '../../kernels/store.js';
import { map3, numel, tokens2, type DType } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { biasBehindConv, linearBehindConv } from './composition.js';
import { convLayout, linearLayout, transposedLayout, type LayoutParams } from './packing.js';

/** How a layer ends. */
export interface LayerEnd {
  readonly act?: Activation;
  readonly out?: DType;
  readonly residual?: Value | undefined;
  /** ReLU on the sum with the residual. */
  readonly reluSum?: boolean;
  /** LayerScale factors, [C]. */
  readonly gamma?: Value | undefined;
}

const asItIs: Recipe = { name: 'as it is', pack: ([weight]) => (weight as StoredTensor).values };

/** A vector of weights as it is, f32. */
export function vector(graph: Graph, weight: WeightTensor): Value {
  return graph.constant({ recipe: asItIs, type: { dtype: 'f32', shape: [numel(weight.shape)] }, weights: [weight] });
}

/** Scale and shift of a norm over C channels, f32. */
export function normVectors(graph: Graph, weights: Weights, C: number): { gamma: Value; beta: Value } {
  return { gamma: vector(graph, weights.get('weight', [C])), beta: vector(graph, weights.get('bias', [C])) };
}

const zeroVector: Recipe = { name: 'zeros', pack: (_, shape) => new Float32Array(numel(shape)) };

/** A vector of zeros, for layers without bias. */
export function zeros(graph: Graph, size: number): Value {
  return graph.constant({ recipe: zeroVector, type: { dtype: 'f32', shape: [size] }, weights: [] });
}

/** Folded BatchNorm that follows a convolution: y·scale + shift, with eps inside the square root. */
export interface BatchNorm {
  readonly weights: Weights;
  readonly eps: number;
}

/** beta - mean·gamma / sqrt(var + eps), in f64. */
export const batchNormShift: Recipe<{ readonly eps: number }> = {
  name: 'shift',
  pack(weights, _, { eps }) {
    const [gamma, beta, mean, variance] = weights.map(({ values }) => values);
    return (beta as Float32Array).map(
      (b, i) => b - ((mean?.[i] as number) * (gamma?.[i] as number)) / Math.sqrt((variance?.[i] as number) + eps),
    );
  },
};

/** The bias of a layer: its own, or that of the BatchNorm folded into it. */
export function biasOf(graph: Graph, weights: Weights, channels: number, norm?: BatchNorm): Value {
  if (!norm) return vector(graph, weights.get('bias', [channels]));
  return graph.constant({
    recipe: batchNormShift,
    params: { eps: norm.eps },
    type: { dtype: 'f32', shape: [channels] },
    weights: ['weight', 'bias', 'running_mean', 'running_var'].map((name) => norm.weights.get(name, [channels])),
  });
}

/**
 * A packed weight of this shape, with the BatchNorm folded into its output channels, which are the first dimension in
 * the file.
 */
export function packedWeight(
  graph: Graph,
  weight: WeightTensor,
  recipe: Recipe<LayoutParams>,
  shape: readonly number[],
  norm?: BatchNorm,
  dtype: DType = graph.storage,
): Value {
  const type = { dtype, shape };
  if (!norm) return graph.constant({ recipe, type, weights: [weight] });
  const channels = weight.shape[0] as number;
  const folded = ['weight', 'running_var'].map((name) => norm.weights.get(name, [channels]));
  return graph.constant({ recipe, params: { eps: norm.eps }, type, weights: [weight, ...folded] });
}

export interface LinearOptions extends LayerEnd {
  readonly norm?: BatchNorm;
  /** Instead of the file's, [N], f32. */
  readonly bias?: Value;
  /** Rows of tokens that are read; all unless given. */
  readonly rows?: TokenRows;
}

/** Linear layer on tokens [T,K] or 1×1 convolution on a map [H,W,K]; the weight is [N,K] or [N,K,1,1] in the file. */
export function linear(x: Value, weights: Weights, options: LinearOptions = {}): Value {
  const { norm, act = 'none', out = x.graph.storage, residual, reluSum = false, gamma, rows = 'all' } = options;
  const weight = linearWeight(x, weights, norm);
  const bias = options.bias ?? biasOf(x.graph, weights, tokens2(weight.type)[1], norm);
  return x.graph.apply(gemm, { x, weight, bias, residual, gamma }, { act, out, reluSum, rows }).y;
}

/** The weight [K,N] of a linear layer on x. */
export function linearWeight({ graph, type }: Value, weights: Weights, norm?: BatchNorm): Value {
  const K = type.shape.at(-1) as number;
  const [N = 4, ...rest] = weights.shapeOf('weight') ?? [];
  const weight = weights.get('weight', rest.length === 3 ? [N, K, 1, 1] : [N, K]);
  return packedWeight(graph, weight, linearLayout, [K, N], norm);
}

export interface ConvOptions extends Pick<LayerEnd, 'act' | 'out' | 'residual' | 'reluSum'> {
  readonly stride?: number;
  readonly groups?: number;
  readonly pad?: Padding;
  readonly reluInput?: boolean;
  readonly norm?: BatchNorm;
  /** Deeper path of a fusion block, resized with align_corners and added. */
  readonly low?: Value | undefined;
  /** Whether the file has a bias for the layer; one with a BatchNorm takes that of the norm. */
  readonly bias?: boolean;
  /** Real channels of x where the map carries zero channels on top. */
  readonly channels?: number;
}

/** Convolution; the weight is [N,C/groups,KH,KW] in the file. Pads by (K-1)/2 unless told otherwise. */
export function conv(x: Value, weights: Weights, options: ConvOptions = {}): Value {
  const { graph } = x;
  const shape = weights.shapeOf('weight') ?? [4, 4, 3, 3];
  const [N, , KH, KW] = shape as [number, number, number, number];
  const [, , C] = map3(x.type);
  const {
    stride = 1,
    groups = 1,
    act = 'none',
    out = graph.storage,
    reluInput = false,
    norm,
    residual,
    reluSum = false,
    low,
    channels = C / groups,
    bias = true,
  } = options;
  const weight = weights.get('weight', [N, channels, KH, KW]);
  const packed = packedWeight(graph, weight, convLayout, [KH, KW, C / groups, N], norm);
  const pad = options.pad ?? padding((KH - 1) / 2);
  return graph.apply(
    conv2d,
    { x, weight: packed, bias: bias ? biasOf(graph, weights, N, norm) : zeros(graph, N), residual, low },
    { stride, groups, pad, act, out, reluSum, reluInput },
  ).y;
}

/**
 * linear(conv(x)) + added, as one 3×3 convolution: the 1×1 layer's weight [N,M,1,1] goes into that of the convolution
 * [M,C,3,3], its bias is left to what is added.
 */
export function convThenLinear(x: Value, weights: Weights, linear: Weights, added: Value): Value {
  const { graph } = x;
  const [, , C] = map3(x.type);
  const [N = 4, M = 4] = linear.shapeOf('weight') ?? [];
  const outer = linear.get('weight', [N, M, 1, 1]);
  const inner = weights.get('weight', [M, C, 3, 3]);
  const weight = graph.constant({
    recipe: linearBehindConv,
    type: { dtype: graph.storage, shape: [3, 3, C, N] },
    weights: [outer, inner],
  });
  const bias = graph.constant({
    recipe: biasBehindConv,
    type: { dtype: 'f32', shape: [N] },
    weights: [outer, weights.get('bias', [M])],
  });
  return graph.apply(conv2d, { x, weight, bias, residual: added }, { stride: 1, pad: padding(1), out: graph.storage })
    .y;
}

/** The weight [KH,KW,C,N] and bias [N] of a 3×3 convolution for kernels that take them directly. */
export function convWeights(
  graph: Graph,
  weights: Weights,
  C: number,
  dtype: DType = graph.storage,
): { weight: Value; bias: Value } {
  const N = weights.shapeOf('weight')?.[0] ?? 4;
  const weight = weights.get('weight', [N, C, 3, 3]);
  return {
    weight: packedWeight(graph, weight, convLayout, [3, 3, C, N], undefined, dtype),
    bias: biasOf(graph, weights, N),
  };
}

/** Transposed convolution whose kernel is its stride; the weight is [C,N,S,S] in the file. */
export function upConv(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [, , C] = map3(x.type);
  const [, N, S] = (weights.shapeOf('weight') ?? [C, 4, 2, 2]) as [number, number, number];
  const weight = weights.get('weight', [C, N, S, S]);
  const packed = packedWeight(graph, weight, transposedLayout, [C, S * S * N]);
  return graph.apply(
    transposedConv,
    { x, weight: packed, bias: biasOf(graph, weights, N) },
    { stride: S, out: graph.storage },
  ).y;
}
