import { view, type Value } from '../../graph/graph.js';
import type { HeadAttrs } from '../../kernels/head.js';
import type { Weights } from '../../weights/weights.js';
import { decoder, DEEPEST_UNIT } from '../decoders/decoder.js';
import { dinov2, PATCH, type DinoV2Config } from '../encoders/dinov2.js';
import { conv, linear, upConv } from '../layers/layers.js';
import type { PositionRule } from '../encoders/position_embedding.js';

export { depthAnythingNames } from '../../weights/name_rules.js';

/** What files hold and the network never reads. */
export const leftAside = [/^pretrained\.mask_token$/, DEEPEST_UNIT];

/** What the tensors of a Depth Anything checkpoint cannot tell. */
export interface DepthAnythingConfig {
  readonly heads: number;
  readonly taps: readonly number[];
  /** Largest depth in metres of a metric model; undefined for relative inverse depth. */
  readonly maxDepth?: number | undefined;
}

export type DepthAnythingSize = 'small' | 'base' | 'large';

/**
 * Heads of DINOv2 by size, and the tapped blocks, which are all that V1 and V2 differ in; the last one tapped is the
 * last there is.
 */
const ENCODERS: Record<DepthAnythingSize, { heads: number; v1: readonly number[]; v2: readonly number[] }> = {
  small: { heads: 6, v1: [8, 9, 10, 11], v2: [2, 5, 8, 11] },
  base: { heads: 12, v1: [8, 9, 10, 11], v2: [2, 5, 8, 11] },
  large: { heads: 16, v1: [20, 21, 22, 23], v2: [4, 11, 17, 23] },
};

/** Config of a published model. */
export function depthAnythingConfig(
  size: DepthAnythingSize,
  version: 'v1' | 'v2',
  maxDepth?: number,
): DepthAnythingConfig {
  const { heads, [version]: taps } = ENCODERS[size];
  return { heads, taps, maxDepth };
}

/**
 * Depth Anything V1 and V2: picture [14·GH, 14·GW, 4] → depth [14·GH, 14·GW]. arXiv 2401.10891, 2406.09414;
 * DepthAnything/Depth-Anything-V2 depth_anything_v2/dpt.py. V1's extra ReLU after the head changes nothing.
 */
export function depthAnything(
  picture: Value,
  weights: Weights,
  config: DepthAnythingConfig,
  positions: PositionRule,
): Value {
  const { graph } = picture;
  const encoder: DinoV2Config = { heads: config.heads, taps: config.taps, positions };
  const taps = graph.scope('pretrained', () => dinov2(picture, weights.at('pretrained'), encoder));
  const [H, W] = picture.type.shape as [number, number];
  const maps = taps.map((tap, i) =>
    graph.scope(`reassemble.${i}`, () => reassemble(tap, weights.at('depth_head'), i, [H / PATCH, W / PATCH])),
  );
  const final: HeadAttrs['final'] =
    config.maxDepth === undefined ? { kind: 'relu' } : { kind: 'sigmoid', maxDepth: config.maxDepth };
  return decoder(maps, weights.at('depth_head.scratch'), {
    size: [H, W],
    headAlignCorners: true,
    final,
    head: ['output_conv1', 'output_conv2.0', 'output_conv2.2'],
  });
}

/** Tokens of tap i on the grid [gh,gw] → map at stride 4, 8, 16 or 32 of the picture. The class token is left out. */
function reassemble(tap: Value, weights: Weights, i: number, [gh, gw]: readonly [number, number]): Value {
  const patches = linear(tap, weights.at(`projects.${i}`), { skipClassToken: true });
  const map = view(patches, [gh, gw, patches.type.shape[1] as number]);
  const resize = weights.at(`resize_layers.${i}`);
  if (i < 2) return upConv(map, resize);
  return i === 2 ? map : conv(map, resize, { stride: 2 });
}
