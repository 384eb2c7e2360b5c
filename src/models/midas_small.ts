import type { Value } from '../graph/graph.js';
import type { Weights } from '../weights/weights.js';
import { decoder } from './decoder.js';
import { efficientNetLite } from './efficientnet_lite.js';

/**
 * MiDaS v2.1 small and scaled-down models of the same build: picture [H,W,4], sides multiples of 32 → relative inverse
 * depth [H,W]. isl-org/MiDaS midas/midas_net_custom.py MidasNet_small.
 */
export function midasSmall(picture: Value, weights: Weights): Value {
  const { graph } = picture;
  const maps = graph.scope('pretrained', () => efficientNetLite(picture, weights.at('pretrained')));
  const [H, W] = picture.type.shape as [number, number];
  return decoder(maps, weights.at('scratch'), {
    size: [H, W],
    headAlignCorners: false,
    final: { kind: 'relu' },
    head: ['output_conv.0', 'output_conv.2', 'output_conv.4'],
  });
}
