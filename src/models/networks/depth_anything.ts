import type { FinalActivation } from '../../kernels/head.js';
import { map3 } from '../../tensor.js';
import { decoder, DEEPEST_UNIT } from '../decoders/decoder.js';
import { projectTap } from '../decoders/project_tap.js';
import { dinov2, PATCH, type DinoV2Config } from '../encoders/dinov2.js';
import type { FamilyCode, Network } from '../family.js';
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
      graph.scope(`reassemble.${i}`, () => projectTap(tap, weights.at('depth_head'), i, [H / PATCH, W / PATCH])),
    );
    const final: FinalActivation = maxDepth === undefined ? { kind: 'relu' } : { kind: 'sigmoid', maxDepth };
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
