import type { DepthMap } from '../depth/depth_map.js';
import { ImageError } from '../errors.js';

/** The values of a map, and what they are in inverse depth: the same, or of depth the inverse. */
export interface EstimatedDisparity {
  readonly values: Float32Array;
  readonly disparity: Float32Array;
}

/**
 * What of a map is compared with a true disparity.
 * @param source what messages call the picture
 * @throws ImageError EVAL_ESTIMATE for values that are not finite, and for depth that is not positive
 */
export async function estimatedDisparity(depth: DepthMap, source: string): Promise<EstimatedDisparity> {
  const values = await depth.read();
  const farther = depth.nearer === 'smaller';
  const unusable = values.filter((value) => !Number.isFinite(value) || (farther && value <= 0)).length;
  if (unusable > 0) {
    throw new ImageError(
      'EVAL_ESTIMATE',
      `${source}: ${unusable} of ${values.length} values of the estimate are not ` +
        `finite${farther ? ' or not positive' : ''}.`,
      { source, actual: unusable, expected: 0, phase: 'run' },
    );
  }
  return { values, disparity: farther ? values.map((value) => 1 / value) : values };
}
