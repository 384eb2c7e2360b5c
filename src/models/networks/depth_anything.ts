import { view, type Value } from '../../graph/graph.js';
import type { HeadAttrs } from '../../kernels/head.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { decoder, DEEPEST_UNIT } from '../decoders/decoder.js';
import { dinov2, PATCH, type DinoV2Config } from '../encoders/dinov2.js';
import type { FamilyCode, Network } from '../family.js';
import { conv, linear, upConv } from '../layers/layers.js';
import { configured, hubNames, type DepthAnythingEntry } from './depth_anything_hub.js';

/** Depth Anything V1 and V2. */
export const code: FamilyCode<DepthAnythingEntry> = {
  hubNames,
  leftAside: [/^pretrained\.mask_token$/, DEEPEST_UNIT],
  configured,
  network: depthAnything,
};

/**
 * Depth Anything V1 and V2: picture [14·GH, 14·GW, 4] → depth [14·GH, 14·GW]. arXiv 2401.10891, 2406.09414;
 * DepthAnything/Depth-Anything-V2 depth_anything_v2/dpt.py. V1's extra ReLU after the head changes nothing.
 */
function depthAnything({ heads, taps, maxDepth }: DepthAnythingEntry): Network {
  return (picture, weights, { convention }) => {
    const { graph } = picture;
    const encoder: DinoV2Config = { heads, taps, positions: convention === 'hub' ? 'size' : 'offset' };
    const tapped = graph.scope('pretrained', () => dinov2(picture, weights.at('pretrained'), encoder));
    const [H, W] = map3(picture.type);
    const maps = tapped.map((tap, i) =>
      graph.scope(`reassemble.${i}`, () => reassemble(tap, weights.at('depth_head'), i, [H / PATCH, W / PATCH])),
    );
    const final: HeadAttrs['final'] = maxDepth === undefined ? { kind: 'relu' } : { kind: 'sigmoid', maxDepth };
    const depth = decoder(maps, weights.at('depth_head.scratch'), {
      size: [H, W],
      block: 'custom',
      headAlignCorners: true,
      final,
      head: ['output_conv1', 'output_conv2.0', 'output_conv2.2'],
    });
    return { depth };
  };
}

/** Tokens of tap i on the grid [gh,gw] → map at stride 4, 8, 16 or 32 of the picture. The class token is left out. */
function reassemble(tap: Value, weights: Weights, i: number, [gh, gw]: readonly [number, number]): Value {
  const patches = linear(tap, weights.at(`projects.${i}`), { rows: 'patches' });
  const map = view(patches, [gh, gw, tokens2(patches.type)[1]]);
  const resize = weights.at(`resize_layers.${i}`);
  if (i < 2) return upConv(map, resize);
  return i === 2 ? map : conv(map, resize, { stride: 2 });
}
