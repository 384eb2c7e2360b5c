import { compareMaps } from '../../truth/compare_maps.js';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { checkpointTensors } from '../models/fixtures.js';

/** MiDaS v2.1 small with seeded weights as a safetensors file: in F32 those the fixtures were recorded with. */
export function midasWeights(dtype: 'F32' | 'F16'): Uint8Array {
  return seededCheckpoint(checkpointTensors('midas-v2.1-small'), dtype);
}

/** RGB bytes to RGBA, opaque. */
export function opaque(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let i = 0; i < rgb.length / 3; i++)
    rgba.set([rgb[3 * i] as number, rgb[3 * i + 1] as number, rgb[3 * i + 2] as number, 255], 4 * i);
  return rgba;
}

/**
 * Largest distance of two maps in units of the expected one's range. Constant or non-finite maps are infinitely far.
 */
export function farthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return compareMaps(actual, expected).max;
}
