import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { checkpointTensors } from '../models/fixtures.js';

/** Channels of the published model, and of one that is as deep and much narrower. */
const NARROW: Readonly<Record<number, number>> = {
  ...{ 4096: 256, 3072: 192, 1024: 64, 512: 64, 256: 32, 128: 32 },
};

/** Of the last bias of the head that tells sky: a quarter of a picture is. */
const SKY = -1.5;

/**
 * Depth Anything 3 metric with 1/16 of its channels and seeded weights, as a safetensors file of 7 MB: metres by a
 * focal length, with sky. Nobody published it; the family reads widths off the tensors.
 */
export function tinyMetricWeights(): Uint8Array {
  const tensors = checkpointTensors('depth-anything-3-mono-large');
  return seededCheckpoint(
    tensors.map((entry) => ({
      ...entry,
      shape: entry.shape.map((side) => NARROW[side] ?? side),
      ...(entry.offset === undefined ? {} : { offset: SKY }),
    })),
    'F32',
  );
}
