import type { Value } from '../../graph/graph.js';
import type { Weights } from '../../weights/weights.js';
import { ResidualStream, type Lazy } from '../layers/residual_stream.js';
import { selfAttention } from '../layers/transformer.js';
import type { PositionRule } from './position_embedding.js';
import { embedTokens, preNormBlock, type BlockParts } from './vit.js';

/** What DINOv2's tensors cannot tell. */
export interface DinoV2Config {
  readonly heads: number;
  /** Blocks (counted from 0) whose normalised output feeds the decoder. */
  readonly taps: readonly number[];
  readonly positions: PositionRule;
  /** Of the final norm, where it is not that of the blocks. */
  readonly eps?: number;
}

/** Side of a patch in pixels. */
export const PATCH = 14;
const EPS = 1e-6;

/**
 * DINOv2 encoder: picture [14·GH, 14·GW, 4] → the four tapped blocks after the final norm, tokens [1 + GH·GW, C] with
 * the class token first. arXiv 2304.07193; facebookresearch/dinov2 vision_transformer.py, get_intermediate_layers.
 */
export function dinov2(picture: Value, weights: Weights, { heads, taps, positions, eps = EPS }: DinoV2Config): Value[] {
  const { graph } = picture;
  const tokens = graph.scope('patch_embed', () => embedTokens(picture, weights, { patch: PATCH, positions }));
  let x = ResidualStream.of(tokens, EPS);
  const tapped: Lazy[] = [];
  for (let i = 0; i <= Math.max(...taps); i++) {
    graph.scope(`blocks.${i}`, () => {
      x = scaledBlock(x, weights.at(`blocks.${i}`), (normed, attn) => selfAttention(normed, attn, heads));
      if (taps.includes(i)) tapped.push(x.norm(weights.at('norm'), eps));
    });
  }
  return tapped.map((tap) => tap());
}

/** Pre-norm block with LayerScale, `ls1` and `ls2`. */
export function scaledBlock(x: ResidualStream, weights: Weights, attention: BlockParts['attention']): ResidualStream {
  const scale = (name: string) => weights.get(name, [x.channels]);
  return preNormBlock(x, weights, { attention, scales: [scale('ls1.gamma'), scale('ls2.gamma')] });
}
