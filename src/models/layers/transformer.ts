import type { Graph, Recipe, Value, WeightTensor } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { fitsLayerNorm, gemmLayerNorm } from '../../kernels/gemm_layer_norm.js';
import { layerNorm as layerNormOp } from '../../kernels/layer_norm.js';
import type { DType } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, linearWeight, vector } from './layers.js';

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
 * The residual stream after a linear layer, residual + scale·linear(x), and that normalised once for each of `norms`:
 * one dispatch where a row fits a workgroup.
 */
export function linearThenNorm(
  x: Value,
  weights: Weights,
  { residual, scale, norms, eps }: BlockEnd,
): { sum: Value; normed: Value; second: Value | undefined } {
  const { graph } = x;
  const C = residual.type.shape[1] as number;
  if (!fitsLayerNorm(C)) {
    const sum = linear(x, weights, { residual, gamma: vector(graph, scale) });
    const [normed, second] = norms.map((norm) => layerNorm(sum, norm, { eps })) as [Value, Value | undefined];
    return { sum, normed, second };
  }
  const affine = stacked(graph, [weights.get('bias', [C]), scale], C);
  const norm = stacked(
    graph,
    norms.flatMap((n) => [n.get('weight', [C]), n.get('bias', [C])]),
    C,
  );
  const weight = linearWeight(x, weights);
  const { sum, y, tap } = graph.apply(
    gemmLayerNorm,
    { x, weight, affine, residual, norm },
    { eps, out: graph.storage },
  );
  return { sum: sum as Value, normed: y as Value, second: tap };
}

const rowsOfOne: Recipe = {
  name: 'rows',
  pack: (rows) => Float32Array.from(rows.flatMap(({ values }) => [...values])),
};

/** Vectors of C weights as the rows of one constant, f32. */
function stacked(graph: Graph, rows: readonly WeightTensor[], C: number): Value {
  const type = { dtype: 'f32', shape: [rows.length, C] } as const;
  return graph.constant({ recipe: rowsOfOne, type, weights: rows });
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
