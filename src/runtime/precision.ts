import { GpuUnavailableError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Op } from '../kernels/op.js';
import { parts } from '../parts.js';
import { isolate, warningOf, type Warning } from '../warnings.js';

/**
 * Storage precision; accumulation is f32 either way, but for runs of 16 products of f16 where a GPU was found faster
 * so. `auto` is f16 on GPUs that have it and compute soundly with it, f32 elsewhere.
 */
export type Precision = 'auto' | 'f32' | 'f16';

/**
 * The storage type for a device. Before f16 is used, the device has to give known answers.
 * @param ops of the network, which is made to find them
 * @throws GpuUnavailableError `GPU_NO_F16` or `GPU_UNSOUND` where f16 was asked for
 */
export async function chooseStorage(
  gpu: Gpu,
  precision: Precision,
  ops: () => Iterable<Op>,
  onWarning?: (warning: Warning) => void,
): Promise<'f32' | 'f16'> {
  if (precision === 'f32' || (precision === 'auto' && (!gpu.facts.f16 || gpu.adapter.software))) return 'f32';
  if (!gpu.facts.f16) {
    throw new GpuUnavailableError('GPU_NO_F16', 'This GPU or browser has no shader-f16.', {
      hint: 'Use precision "f32" or "auto".',
      expected: 'shader-f16',
    });
  }
  try {
    const { checkSound } = await parts.gpu();
    await checkSound(gpu, 'f16', ops());
    return 'f16';
  } catch (error) {
    if (precision === 'f16' || !(error instanceof GpuUnavailableError)) throw error;
    isolate(onWarning)(warningOf(error));
    return 'f32';
  }
}
