import type { Value } from '../../graph/graph.js';
import { resizedFeatures } from '../../kernels/resized_features.js';
import { map3 } from '../../tensor.js';
import { DEEPEST_UNIT, endOfHead, fused } from '../decoders/decoder.js';
import { projectTap } from '../decoders/project_tap.js';
import { dinov2, PATCH } from '../encoders/dinov2.js';
import type { FamilyCode, Network } from '../family.js';
import { temporalModule } from '../layers/temporal.js';

const HEADS = 6;
const TAPS = [2, 5, 8, 11];

/** Video Depth Anything small. */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: [/^pretrained\.mask_token$/, DEEPEST_UNIT],
  network: () => videoDepthAnything,
};

/**
 * Video Depth Anything small, on a frame [14·GH, 14·GW, 4] and what it remembers of others → depth [14·GH, 14·GW].
 * Depth Anything V2, but that the two deeper maps, and the paths that the two deeper fusion blocks make of them, go
 * through a module along time. arXiv 2501.12375; DepthAnything/Video-Depth-Anything dpt_temporal.py.
 */
const videoDepthAnything: Network = (picture, weights, context) => {
  const { graph } = picture;
  const tapped = graph.scope('pretrained', () =>
    dinov2(picture, weights.at('pretrained'), { heads: HEADS, taps: TAPS, positions: 'offset' }),
  );
  const head = weights.at('head');
  const scratch = head.at('scratch');
  const [H, W] = map3(picture.type);
  const inTime = (map: Value, i: number): Value =>
    graph.scope(`motion_modules.${i}`, () => temporalModule(map, head.at(`motion_modules.${i}`), context));
  const maps = tapped.map((tap, i) => {
    const map = graph.scope(`reassemble.${i}`, () => projectTap(tap, head, i, [H / PATCH, W / PATCH]));
    return i < 2 ? map : inTime(map, i - 2);
  });
  const low = fused(maps, scratch, 'custom', 'output_conv1', (path, level) =>
    level > 2 ? inTime(resizedTo(path, maps[level - 2] as Value), 6 - level) : path,
  );
  const ends = [scratch.at('output_conv2.0'), scratch.at('output_conv2.2')] as const;
  return { depth: endOfHead(low, ends, { size: [H, W], alignCorners: true, final: { kind: 'relu' } }).depth };
};

/** A path at the sides of a map. */
function resizedTo(path: Value, { type }: Value): Value {
  const { graph } = path;
  const [H, W] = map3(type);
  return graph.scope(
    'resize',
    () => graph.apply(resizedFeatures, { low: path }, { size: [H, W], out: graph.storage }).y,
  );
}
