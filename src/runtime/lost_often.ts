import { DeviceLostError } from '../errors.js';

/** Said where a device was lost as often as is made up for within a minute, and once more. */
export function lostTooOften(most: number): DeviceLostError {
  return new DeviceLostError(
    'DEVICE_LOST',
    `The GPU device was lost ${most + 1} times within a minute, so it is not asked for again yet.`,
    {
      hint: 'Something makes the GPU fail: use a smaller input size, or another GPU.',
      expected: most,
      actual: most + 1,
      phase: 'load',
    },
  );
}
