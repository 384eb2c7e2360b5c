import type { Recipe, Value } from '../../graph/graph.js';
import type { Weights } from '../../weights/weights.js';
import { ResidualStream, type Lazy } from '../layers/residual_stream.js';
import { resizePositions, type PositionRule } from './position_embedding.js';
import { embedPatches, patchGrid, preNormBlock } from './vit.js';

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
export function dinov2(picture: Value, weights: Weights, { heads, taps, positions }: DinoV2Config): Value[] {
  const { graph } = picture;
  const tokens = graph.scope('patch_embed', () => embed(picture, weights, positions));
  let x = ResidualStream.of(tokens, EPS);
  const tapped: Lazy[] = [];
  for (let i = 0; i <= Math.max(...taps); i++) {
    x = graph.scope(`blocks.${i}`, () => block(x, weights.at(`blocks.${i}`), heads));
    if (taps.includes(i)) tapped.push(x.norm(weights.at('norm')));
  }
  return tapped.map((tap) => tap());
}

function block(x: ResidualStream, weights: Weights, heads: number): ResidualStream {
  const scale = (name: string) => weights.get(name, [x.channels]);
  return preNormBlock(x, weights, { heads, scales: [scale('ls1.gamma'), scale('ls2.gamma')] });
}

/** Patch embedding, class token and position embeddings: tokens [1 + GH·GW, C], f32. */
function embed(picture: Value, weights: Weights, rule: PositionRule): Value {
  const [gh, gw] = patchGrid(picture, PATCH);
  const C = weights.shapeOf('cls_token')?.[2] ?? 384;
  const rows = weights.shapeOf('pos_embed')?.[1] ?? 1370;
  const proj = weights.at('patch_embed.proj');
  const table = picture.graph.constant({
    recipe: tokenTable,
    params: { gh, gw, rule },
    type: { dtype: 'f32', shape: [1 + gh * gw, C] },
    weights: [weights.get('cls_token', [1, 1, C]), weights.get('pos_embed', [1, rows, C]), proj.get('bias', [C])],
    perSize: true,
  });
  return embedPatches(picture, proj, PATCH, table);
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
