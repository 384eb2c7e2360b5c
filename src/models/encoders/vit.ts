import type { Value, WeightTensor } from '../../graph/graph.js';
import { patchEmbed } from '../../kernels/gemm.js';
import { ensureTypes, map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight, zeros } from '../layers/layers.js';
import { patchLayout } from '../layers/packing.js';
import type { BranchEnd, Lazy, ResidualStream } from '../layers/residual_stream.js';
import { selfAttention } from '../layers/transformer.js';

/** What pre-norm transformer blocks differ in. */
export interface BlockParts {
  readonly heads: number;
  /** LayerScale factors of both halves, [C]. */
  readonly scales: readonly [WeightTensor, WeightTensor];
}

/** Pre-norm transformer block, arXiv 2010.11929: x += ls1·attn(norm1(x)); x += ls2·mlp(norm2(x)). */
export function preNormBlock(x: ResidualStream, weights: Weights, { heads, scales }: BlockParts): ResidualStream {
  const half = x.plus(attention(x.norm(weights.at('norm1')), weights.at('attn'), heads), scales[0]);
  return half.plus(mlp(half.norm(weights.at('norm2')), weights.at('mlp')), scales[1]);
}

function attention(x: Lazy, weights: Weights, heads: number): BranchEnd {
  return { input: selfAttention(x(), weights, heads), weights: weights.at('proj') };
}

function mlp(x: Lazy, weights: Weights): BranchEnd {
  return { input: linear(x(), weights.at('fc1'), { act: 'gelu' }), weights: weights.at('fc2') };
}

/** Rows and columns of patches of a picture [H,W,4]. @throws UsageError `SHAPE_MISMATCH` where a side is no multiple */
export function patchGrid({ type }: Value, patch: number): [rows: number, columns: number] {
  const [H, W] = map3(type);
  const whole = H % patch === 0 && W % patch === 0;
  ensureTypes('patch_embed', { picture: type }, whole, `sides that are multiples of ${patch}`);
  return [H / patch, W / patch];
}

/**
 * Tokens [1 + GH·GW, C], f32, of the patches of a picture: the products of a [C,3,P,P] convolution of stride P, behind
 * a row of zeros for the class token, and a table of the same size added.
 */
export function embedPatches(picture: Value, weights: Weights, patch: number, table: Value): Value {
  const { graph } = picture;
  const [, C] = tokens2(table.type);
  const weight = weights.get('weight', [C, 3, patch, patch]);
  const packed = packedWeight(graph, weight, patchLayout, [patch * patch * 4, C]);
  return graph.apply(patchEmbed, { x: picture, weight: packed, bias: zeros(graph, C), residual: table }, { patch }).y;
}
