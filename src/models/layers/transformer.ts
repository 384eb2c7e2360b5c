import type { Value } from '../../graph/graph.js';
import { attention as attentionOp } from '../../kernels/attention.js';
import { layerNorm as layerNormOp } from '../../kernels/layer_norm.js';
import type { DType } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, normVectors } from './layers.js';

/** Layer normalisation of the f32 residual stream. */
export function layerNorm(x: Value, weights: Weights, attrs: { readonly eps: number; readonly out?: DType }): Value {
  const { graph } = x;
  const C = x.type.shape.at(-1) as number;
  return graph.apply(layerNormOp, { x, ...normVectors(graph, weights, C) }, { out: graph.storage, ...attrs }).y;
}

/** Multi-head self-attention on normalised tokens [T,C], before the output projection. */
export function selfAttention(x: Value, weights: Weights, heads: number): Value {
  return x.graph.apply(attentionOp, { qkv: linear(x, weights.at('qkv')) }, { heads, out: x.graph.storage }).y;
}
