import type { Graph, Value, WeightTensor } from '../graph/graph.js';
import { attention } from '../kernels/attention.js';
import { conv2d, padding, samePadding, type Padding } from '../kernels/conv2d.js';
import { depthwise } from '../kernels/depthwise.js';
import { gemm, transposedConv } from '../kernels/gemm.js';
import { fitsLayerNorm, gemmLayerNorm } from '../kernels/gemm_layer_norm.js';
import { layerNorm as layerNormOp } from '../kernels/layer_norm.js';
import type { Activation } from '../kernels/store.js';
import type { DType } from '../tensor.js';
import type { Weights } from '../weights/weights.js';
import { packConv, packDepthwise, packLinear, packTransposedConv } from './packing.js';

/** How a layer ends. */
export interface LayerEnd {
  readonly act?: Activation;
  readonly out?: DType;
  readonly residual?: Value | undefined;
  /** LayerScale factors, [C]. */
  readonly gamma?: Value | undefined;
}

/** A vector of weights as it is, f32. */
export function vector(graph: Graph, weight: WeightTensor): Value {
  const shape = [weight.shape.reduce((n, d) => n * d, 1)];
  return graph.constant({ key: weight.name, type: { dtype: 'f32', shape }, weights: [weight], pack: (values) => values });
}

/** A vector of zeros, for layers without bias. */
export function zeros(graph: Graph, size: number): Value {
  return graph.constant({ key: `zeros ${size}`, type: { dtype: 'f32', shape: [size] }, weights: [], pack: () => new Float32Array(size) });
}

/** Folded BatchNorm that follows a convolution: y·scale + shift, with eps inside the square root. */
export interface BatchNorm {
  readonly weights: Weights;
  readonly eps: number;
}

function batchNormTensors({ weights }: BatchNorm, channels: number): WeightTensor[] {
  return ['weight', 'bias', 'running_mean', 'running_var'].map((name) => weights.get(name, [channels]));
}

/** The bias of a layer: its own, or that of the BatchNorm folded into it. */
function biasOf(graph: Graph, weights: Weights, channels: number, norm?: BatchNorm): Value {
  if (!norm) return vector(graph, weights.get('bias', [channels]));
  const tensors = batchNormTensors(norm, channels);
  return graph.constant({
    key: `${tensors[1]?.name} folded`,
    type: { dtype: 'f32', shape: [channels] },
    weights: tensors,
    // shift = beta - mean·gamma/sqrt(var + eps), in f64.
    pack: (gamma, beta, mean, variance) =>
      (beta as Float32Array).map((b, i) => b - ((mean?.[i] as number) * (gamma?.[i] as number)) / Math.sqrt((variance?.[i] as number) + norm.eps)),
  });
}

/** A packed weight with the BatchNorm folded into its output channels, which are the first dimension in the file. */
function packedWeight(graph: Graph, weight: WeightTensor, shape: readonly number[], layout: string, pack: (values: Float32Array) => Float32Array, norm?: BatchNorm, dtype: DType = graph.storage): Value {
  const channels = weight.shape[0] as number;
  const folded = norm ? batchNormTensors(norm, channels) : [];
  return graph.constant({
    key: `${weight.name} ${layout} ${dtype}`,
    type: { dtype, shape },
    weights: [weight, ...folded],
    pack: (values, gamma, _beta, _mean, variance) => {
      if (!norm || !gamma || !variance) return pack(values as Float32Array);
      const scale = Float64Array.from(gamma, (g, i) => g / Math.sqrt((variance[i] as number) + norm.eps));
      const each = (values as Float32Array).length / channels;
      return pack((values as Float32Array).map((v, i) => v * (scale[Math.floor(i / each)] as number)));
    },
  });
}

export interface LinearOptions extends LayerEnd {
  readonly norm?: BatchNorm;
  /** Leaves out the first row of x: the class token. */
  readonly skipClassToken?: boolean;
}

/** Linear layer on tokens [T,K] or 1×1 convolution on a map [H,W,K]; the weight is [N,K] or [N,K,1,1] in the file. */
export function linear(x: Value, weights: Weights, { norm, act = 'none', out = x.graph.storage, residual, gamma, skipClassToken = false }: LinearOptions = {}): Value {
  const weight = linearWeight(x, weights, norm);
  const bias = biasOf(x.graph, weights, weight.type.shape[1] as number, norm);
  return x.graph.apply(gemm, { x, weight, bias, residual, gamma }, { act, out, skipClassToken }).y;
}

/** The weight [K,N] of a linear layer on x. */
function linearWeight({ graph, type }: Value, weights: Weights, norm?: BatchNorm): Value {
  const K = type.shape.at(-1) as number;
  const [N = 4, ...rest] = weights.shapeOf('weight') ?? [];
  const weight = weights.get('weight', rest.length === 3 ? [N, K, 1, 1] : [N, K]);
  return packedWeight(graph, weight, [K, N], 'linear', (values) => packLinear(values, N, K), norm);
}

/** The end of half a transformer block, [T,C]. */
export interface BlockEnd {
  readonly residual: Value;
  /** LayerScale factors, [C]. */
  readonly scale: WeightTensor;
  /** Weights of the layer norms that follow: one, or two that read the same rows. */
  readonly norms: readonly Weights[];
  readonly eps: number;
}

/**
 * The residual stream after a linear layer, residual + scale·linear(x), and that normalised once for each of `norms`: one
 * dispatch where a row fits a workgroup.
 */
export function linearThenNorm(x: Value, weights: Weights, { residual, scale, norms, eps }: BlockEnd): { sum: Value; normed: Value; second: Value | undefined } {
  const { graph } = x;
  const C = residual.type.shape[1] as number;
  if (!fitsLayerNorm(C)) {
    const sum = linear(x, weights, { residual, gamma: vector(graph, scale) });
    const [normed, second] = norms.map((norm) => layerNorm(sum, norm, { eps })) as [Value, Value | undefined];
    return { sum, normed, second };
  }
  const affine = stacked(graph, [weights.get('bias', [C]), scale], C);
  const norm = stacked(graph, norms.flatMap((n) => [n.get('weight', [C]), n.get('bias', [C])]), C);
  const weight = linearWeight(x, weights);
  const { sum, y, tap } = graph.apply(gemmLayerNorm, { x, weight, affine, residual, norm }, { eps, out: graph.storage });
  return { sum: sum as Value, normed: y as Value, second: tap };
}

/** Vectors of C weights as the rows of one constant, f32. */
function stacked(graph: Graph, rows: readonly WeightTensor[], C: number): Value {
  return graph.constant({
    key: rows.map((row) => row.name).join(' '),
    type: { dtype: 'f32', shape: [rows.length, C] },
    weights: rows,
    pack: (...values) => Float32Array.from(values.flatMap((row) => [...row])),
  });
}

export interface ConvOptions extends Pick<LayerEnd, 'act' | 'out' | 'residual'> {
  readonly stride?: number;
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

/** Dense convolution; the weight is [N,C,KH,KW] in the file. Pads by (K-1)/2 unless told otherwise. */
export function conv(x: Value, weights: Weights, options: ConvOptions = {}): Value {
  const { graph } = x;
  const shape = weights.shapeOf('weight') ?? [4, 4, 3, 3];
  const [N, , KH, KW] = shape as [number, number, number, number];
  const C = x.type.shape[2] as number;
  const { stride = 1, act = 'none', out = graph.storage, reluInput = false, norm, residual, low, channels = C, bias = true } = options;
  const weight = weights.get('weight', [N, channels, KH, KW]);
  const packed = packedWeight(graph, weight, [KH, KW, C, N], 'conv', (values) => packConv(values, N, channels, KH, KW, C), norm);
  const pad = options.pad ?? padding((KH - 1) / 2);
  return graph.apply(conv2d, { x, weight: packed, bias: bias ? biasOf(graph, weights, N, norm) : zeros(graph, N), residual, low }, { stride, pad, act, out, reluInput }).y;
}

/** The weight [KH,KW,C,N] and bias [N] of a 3×3 convolution for kernels that take them directly. */
export function convWeights(graph: Graph, weights: Weights, C: number, dtype: DType = graph.storage): { weight: Value; bias: Value } {
  const N = weights.shapeOf('weight')?.[0] ?? 4;
  const weight = weights.get('weight', [N, C, 3, 3]);
  return {
    weight: packedWeight(graph, weight, [3, 3, C, N], 'conv', (values) => packConv(values, N, C, 3, 3, C), undefined, dtype),
    bias: biasOf(graph, weights, N),
  };
}

/** Depthwise convolution with folded BatchNorm and TensorFlow SAME padding; the weight is [C,1,K,K] in the file. */
export function depthwiseConv(x: Value, weights: Weights, { stride = 1, act = 'none', norm }: Pick<ConvOptions, 'stride' | 'act' | 'norm'>): Value {
  const { graph } = x;
  const [H, W, C] = x.type.shape as [number, number, number];
  const K = weights.shapeOf('weight')?.[2] ?? 3;
  const weight = packedWeight(graph, weights.get('weight', [C, 1, K, K]), [K, K, C], 'depthwise', (values) => packDepthwise(values, C, K), norm);
  return graph.apply(depthwise, { x, weight, bias: biasOf(graph, weights, C, norm) }, { stride, pad: samePadding(H, W, K, stride), act, out: graph.storage }).y;
}

/** Transposed convolution whose kernel is its stride; the weight is [C,N,S,S] in the file. */
export function upConv(x: Value, weights: Weights): Value {
  const { graph } = x;
  const C = x.type.shape[2] as number;
  const [, N, S] = (weights.shapeOf('weight') ?? [C, 4, 2, 2]) as [number, number, number];
  const weight = weights.get('weight', [C, N, S, S]);
  const packed = packedWeight(graph, weight, [C, S * S * N], 'transposed', (values) => packTransposedConv(values, C, N, S));
  return graph.apply(transposedConv, { x, weight: packed, bias: biasOf(graph, weights, N) }, { stride: S, out: graph.storage }).y;
}

/** Layer normalisation of the f32 residual stream. */
export function layerNorm(x: Value, weights: Weights, attrs: { readonly eps: number; readonly out?: DType }): Value {
  const { graph } = x;
  const C = x.type.shape.at(-1) as number;
  const [gamma, beta] = ['weight', 'bias'].map((name) => vector(graph, weights.get(name, [C]))) as [Value, Value];
  return graph.apply(layerNormOp, { x, gamma, beta }, { out: graph.storage, ...attrs }).y;
}

/** Multi-head self-attention on normalised tokens [T,C], before the output projection. */
export function selfAttention(x: Value, weights: Weights, heads: number): Value {
  return x.graph.apply(attention, { qkv: linear(x, weights.at('qkv')) }, { heads, out: x.graph.storage }).y;
}
