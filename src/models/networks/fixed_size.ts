import { ensureTypes } from '../../tensor.js';
import type { ModelEntry, Network } from '../family.js';

/**
 * A network that takes pictures [H,W,4] of one size.
 * @throws UsageError `SHAPE_MISMATCH` for others
 */
export function fixedSize({ name, input: { width, height } }: ModelEntry, network: Network): Network {
  return (picture, weights, context) => {
    const shape = [height, width, 4].join();
    ensureTypes(name, { picture: picture.type }, picture.type.shape.join() === shape, `[${shape}], its one size`);
    return network(picture, weights, context);
  };
}
