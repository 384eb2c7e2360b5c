import { DEEPEST_UNIT } from '../decoders/decoder.js';
import { midasDecoder } from '../decoders/midas.js';
import { resNext } from '../encoders/resnext.js';
import type { FamilyCode, Network } from '../family.js';

/**
 * MiDaS v2.0 and v2.1 large: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 1907.01341;
 * isl-org/MiDaS midas/midas_net.py MidasNet.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const midasLarge: Network = (picture, weights) =>
  midasDecoder('midas_large', picture, weights, () => resNext(picture, weights.at('pretrained')), {
    block: 'plain',
    headAlignCorners: false,
  });

/** MiDaS v2.0 and v2.1 large. */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: [/\.num_batches_tracked$/, DEEPEST_UNIT],
  network: () => midasLarge,
};
