import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { clipErrors, clipFrames, clipRecord, seededVideoModel } from '../models/clips.js';

const BOUNDS = { f32: { max: 1e-4, mean: 1e-5 }, f16: { max: 2e-2, mean: 2e-3 } } as const;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// 48 frames: from the 43rd on, the frame that is seen once more is another one than the first.
describe('Video Depth Anything over a whole clip, against the published code', () => {
  for (const precision of ['f32', 'f16'] as const) {
    it(`streams, ${precision}`, async ({ skip }) => {
      if (precision === 'f16' && !gpu.facts.f16) skip('the adapter has no shader-f16');
      const record = clipRecord('stream');
      const errorOf = clipErrors('stream');
      const model = await seededVideoModel(gpu.device, precision);
      const worst = { max: 0, mean: 0 };
      let t = 0;
      for await (const depth of model.stream(clipFrames(record), { inputSize: record.side })) {
        const error = errorOf(t++, await depth.read());
        worst.max = Math.max(worst.max, error.max);
        worst.mean = Math.max(worst.mean, error.mean);
        depth.dispose();
      }
      model.dispose();
      console.log(`${t} frames, ${precision}: max ${worst.max.toExponential(2)}, mean ${worst.mean.toExponential(2)}`);
      expect(t).toBe(record.frames);
      expect(worst.max).toBeLessThanOrEqual(BOUNDS[precision].max);
      expect(worst.mean).toBeLessThanOrEqual(BOUNDS[precision].mean);
    });
  }
});

it('keeps at most 30 MB of a stream on the device at 252×252 in f16', async ({ skip }) => {
  if (!gpu.facts.f16) skip('the adapter has no shader-f16');
  const { device } = gpu;
  const made = vi.spyOn(device, 'createBuffer');
  const model = await seededVideoModel(device, 'f16');
  const record = clipRecord('stream');
  // From the 31st frame on, one leaves through a buffer of its own.
  for await (const depth of model.stream(clipFrames(record, 32), { inputSize: 252 })) depth.dispose();
  model.dispose();
  const kept = made.mock.calls.map(([each]) => each).filter(({ label, size }) => isKept(label, size));
  made.mockRestore();
  const bytes = kept.reduce((sum, { size }) => sum + size, 0);
  console.log(`${kept.length} buffers keep ${bytes} bytes of other frames`);
  expect(kept).toHaveLength(9);
  expect(bytes).toBeLessThanOrEqual(30e6);
});

/** Whether a buffer is for rows of other frames: in an attention, or on their way to the CPU. */
function isKept(label: string | undefined, size: number): boolean {
  return label?.startsWith('past ') === true || (label === 'readback' && size > 1e5);
}
