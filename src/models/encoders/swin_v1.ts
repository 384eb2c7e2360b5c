import type { Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { windows, type WindowOptions } from '../../kernels/attention_windows.js';
import { gemm } from '../../kernels/gemm.js';
import { mergeNorm } from '../../kernels/merge_norm.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, linearWeight, normVectors, packedWeight, zeros } from '../layers/layers.js';
import { linearLayout } from '../layers/packing.js';
import { ResidualStream } from '../layers/residual_stream.js';
import { EPS, HEAD_SIZE, swin } from './swin.js';
import { preNormBlock } from './vit.js';

/** Swin Transformer encoder, arXiv 2103.14030: picture [H,W,4] → maps of strides 4, 8, 16 and 32, f32. */
export function swinV1(
  picture: Value,
  weights: Weights,
  { depths, window }: { readonly depths: readonly number[]; readonly window: number },
): Value[] {
  return swin(picture, weights, { depths, window, merge, blocks });
}

function blocks(tokens: Value, weights: Weights, _stage: number, all: readonly WindowOptions[]): Value {
  let x = ResidualStream.of(tokens, EPS);
  for (const [i, where] of all.entries()) {
    const path = `blocks.${i}`;
    const attention = (normed: Value, attn: Weights) => windowAttention(normed, attn, where);
    x = tokens.graph.scope(path, () => preNormBlock(x, weights.at(path), { attention }));
  }
  return x.value()();
}

/** Attention with a bias by offset, before the output projection. */
function windowAttention(x: Value, weights: Weights, where: WindowOptions): Value {
  const { graph } = x;
  const heads = tokens2(x.type)[1] / HEAD_SIZE;
  const offsets = (2 * where.side - 1) ** 2;
  const table = weights.get('relative_position_bias_table', [offsets, heads]);
  const bias = packedWeight(graph, table, linearLayout, [heads, offsets], undefined, 'f32');
  const inputs = { qkv: linear(x, weights.at('qkv')), bias };
  return graph.apply(attention, inputs, { heads, where: windows(where), out: graph.storage }).y;
}

/** Linear layer on four neighbours, normed as one row. */
function merge(map: Value, weights: Weights): Value {
  const { graph } = map;
  const C = 4 * map3(map.type)[2];
  const x = graph.apply(
    mergeNorm,
    { x: map, ...normVectors(graph, weights.at('norm'), C) },
    { eps: EPS, out: graph.storage },
  ).y;
  const weight = linearWeight(x, weights.at('reduction'));
  return graph.apply(gemm, { x, weight, bias: zeros(graph, tokens2(weight.type)[1]) }, { out: 'f32' }).y;
}
