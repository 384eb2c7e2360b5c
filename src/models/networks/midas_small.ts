import { ensureTypes, map3 } from '../../tensor.js';
import { decoder, DEEPEST_UNIT } from '../decoders/decoder.js';
import { efficientNetLite } from '../encoders/efficientnet_lite.js';
import type { FamilyCode, Network } from '../family.js';

/** Stride of the deepest map: the published network adds maps whose sides only match on multiples of it. */
const STRIDE = 32;

/**
 * MiDaS v2.1 small and scaled-down models of the same build: picture [H,W,4], sides multiples of 32 → relative inverse
 * depth [H,W]. isl-org/MiDaS midas/midas_net_custom.py MidasNet_small.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const midasSmall: Network = (picture, weights) => {
  const { graph } = picture;
  const [H, W] = map3(picture.type);
  ensureTypes(
    'midas_small',
    { picture: picture.type },
    H % STRIDE === 0 && W % STRIDE === 0,
    `sides that are multiples of ${STRIDE}`,
  );
  const maps = graph.scope('pretrained', () => efficientNetLite(picture, weights.at('pretrained')));
  const depth = decoder(maps, weights.at('scratch'), {
    size: [H, W],
    block: 'custom',
    headAlignCorners: false,
    final: { kind: 'relu' },
    head: ['output_conv.0', 'output_conv.2', 'output_conv.4'],
  });
  return { depth };
};

/** MiDaS v2.1 small and models of the same build. */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: [/\.num_batches_tracked$/, DEEPEST_UNIT],
  network: () => midasSmall,
};
