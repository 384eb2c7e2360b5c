import { DEEPEST_UNIT } from '../decoders/decoder.js';
import { midasDecoder } from '../decoders/midas.js';
import { efficientNetLite } from '../encoders/efficientnet_lite.js';
import type { FamilyCode, Network } from '../family.js';

/**
 * MiDaS v2.1 small and scaled-down models of the same build: picture [H,W,4], sides multiples of 32 → relative inverse
 * depth [H,W]. isl-org/MiDaS midas/midas_net_custom.py MidasNet_small.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const midasSmall: Network = (picture, weights) =>
  midasDecoder('midas_small', picture, weights, () => efficientNetLite(picture, weights.at('pretrained')), {
    block: 'custom',
    headAlignCorners: false,
  });

/** MiDaS v2.1 small and models of the same build. */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: [/\.num_batches_tracked$/, DEEPEST_UNIT],
  network: () => midasSmall,
};
