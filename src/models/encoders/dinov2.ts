import type { Recipe, Value } from '../../graph/graph.js';
import { patchEmbed } from '../../kernels/gemm.js';
import { ensureTypes } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight, zeros } from '../layers/layers.js';
import { patchLayout } from '../layers/packing.js';
import { resizePositions, type PositionRule } from './position_embedding.js';
import { layerNorm, linearThenNorm, selfAttention } from '../layers/transformer.js';

/** What DINOv2's tensors cannot tell. */
export interface DinoV2Config {
  readonly heads: number;
  /** Blocks (counted from 0) whose normalised output feeds the decoder. */
  readonly taps: readonly number[];
  readonly positions: PositionRule;
}

/** Side of a patch in pixels. */
export const PATCH = 14;
const EPS = 1e-6;

/**
 * DINOv2 encoder: picture [14·GH, 14·GW, 4] → the four tapped blocks after the final norm, tokens [1 + GH·GW, C] with
 * the class token first. arXiv 2304.07193; facebookresearch/dinov2 vision_transformer.py, get_intermediate_layers.
 */
export function dinov2(picture: Value, weights: Weights, config: DinoV2Config): Value[] {
  const { graph } = picture;
  const [H, W] = picture.type.shape as [number, number];
  ensureTypes(
    'dinov2',
    { picture: picture.type },
    H % PATCH === 0 && W % PATCH === 0,
    `sides that are multiples of ${PATCH}`,
  );
  const x = graph.scope('patch_embed', () => embed(picture, weights, config.positions));
  let tokens: Tokens = {
    x,
    normed: graph.scope('blocks.0.norm1', () => layerNorm(x, weights.at('blocks.0.norm1'), { eps: EPS })),
  };
  const taps: Value[] = [];
  const last = Math.max(...config.taps);
  for (let i = 0; i <= last; i++) {
    const next = i < last ? [weights.at(`blocks.${i + 1}.norm1`)] : [];
    const final = config.taps.includes(i) ? [weights.at('norm')] : [];
    tokens = graph.scope(`blocks.${i}`, () =>
      block(tokens, weights.at(`blocks.${i}`), config.heads, [...next, ...final]),
    );
    if (final.length > 0) taps.push(tokens.tap ?? tokens.normed);
  }
  return taps;
}

/**
 * The residual stream x[T,C], f32, and its layer norms: for the next block, and for the decoder where a block is
 * tapped.
 */
interface Tokens {
  readonly x: Value;
  readonly normed: Value;
  readonly tap?: Value | undefined;
}

/**
 * Transformer block: x += ls1·attn(norm1(x)); x += ls2·mlp(norm2(x)). The norms of the result are those of whoever
 * reads it, done where it is at hand.
 */
function block({ x, normed }: Tokens, weights: Weights, heads: number, norms: readonly Weights[]): Tokens {
  const C = x.type.shape[1] as number;
  const scale = (name: string) => weights.at(name).get('gamma', [C]);
  const mixed = selfAttention(normed, weights.at('attn'), heads);
  const half = linearThenNorm(mixed, weights.at('attn.proj'), {
    residual: x,
    scale: scale('ls1'),
    norms: [weights.at('norm2')],
    eps: EPS,
  });
  const hidden = linear(half.normed, weights.at('mlp.fc1'), { act: 'gelu' });
  const end = linearThenNorm(hidden, weights.at('mlp.fc2'), {
    residual: half.sum,
    scale: scale('ls2'),
    norms,
    eps: EPS,
  });
  return { x: end.sum, normed: end.normed, tap: end.second };
}

/** Patch embedding, class token and position embeddings: tokens [1 + GH·GW, C], f32. */
function embed(picture: Value, weights: Weights, rule: PositionRule): Value {
  const { graph } = picture;
  const [gh, gw] = [(picture.type.shape[0] as number) / PATCH, (picture.type.shape[1] as number) / PATCH];
  const C = weights.shapeOf('cls_token')?.[2] ?? 384;
  const rows = weights.shapeOf('pos_embed')?.[1] ?? 1370;
  const proj = weights.at('patch_embed.proj');
  const weight = proj.get('weight', [C, 3, PATCH, PATCH]);
  const table = graph.constant({
    recipe: tokenTable,
    params: { gh, gw, rule },
    type: { dtype: 'f32', shape: [1 + gh * gw, C] },
    weights: [weights.get('cls_token', [1, 1, C]), weights.get('pos_embed', [1, rows, C]), proj.get('bias', [C])],
    perSize: true,
  });
  const packed = packedWeight(graph, weight, patchLayout, [PATCH * PATCH * 4, C]);
  return graph.apply(
    patchEmbed,
    { x: picture, weight: packed, bias: zeros(graph, C), residual: table },
    { patch: PATCH },
  ).y;
}

/** What is added to the patch products: class token + its position in row 0, then position + bias for every patch. */
const tokenTable: Recipe<{
  readonly gh: number;
  readonly gw: number;
  readonly rule: PositionRule;
}> = {
  name: 'tokens',
  pack(weights, _, { gh, gw, rule }) {
    const [cls, positions, bias] = weights.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array];
    const C = cls.length;
    const n = Math.round(Math.sqrt(positions.length / C - 1));
    const grid = resizePositions(positions.subarray(C), n, C, gh, gw, rule);
    const table = new Float32Array((1 + gh * gw) * C);
    for (let c = 0; c < C; c++) table[c] = (cls[c] as number) + (positions[c] as number);
    for (let i = 0; i < grid.length; i++) table[C + i] = (grid[i] as number) + (bias[i % C] as number);
    return table;
  },
};
