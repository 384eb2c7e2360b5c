import { ensureTypes } from '../../tensor.js';
import { decoder, DEEPEST_UNIT } from '../decoders/decoder.js';
import { resNext } from '../encoders/resnext.js';
import type { FamilyCode, Network } from '../family.js';

/** Stride of the deepest map: the published network adds maps whose sides only match on multiples of it. */
const STRIDE = 32;

/**
 * MiDaS v2.0 and v2.1 large: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 1907.01341;
 * isl-org/MiDaS midas/midas_net.py MidasNet.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const midasLarge: Network = (picture, weights) => {
  const { graph } = picture;
  const [H, W] = picture.type.shape as [number, number];
  ensureTypes(
    'midas_large',
    { picture: picture.type },
    H % STRIDE === 0 && W % STRIDE === 0,
    `sides that are multiples of ${STRIDE}`,
  );
  const maps = graph.scope('pretrained', () => resNext(picture, weights.at('pretrained')));
  const depth = decoder(maps, weights.at('scratch'), {
    size: [H, W],
    block: 'plain',
    headAlignCorners: false,
    final: { kind: 'relu' },
    head: ['output_conv.0', 'output_conv.2', 'output_conv.4'],
  });
  return { depth };
};

/** MiDaS v2.0 and v2.1 large. */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: [/\.num_batches_tracked$/, DEEPEST_UNIT],
  network: () => midasLarge,
};
