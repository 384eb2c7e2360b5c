import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { clipErrors, clipFrame, clipFrames, clipRecord, listed, seededVideoModel } from '../models/clips.js';

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
  const made = vi.spyOn(gpu.device, 'createBuffer');
  const model = await seededVideoModel(gpu.device, 'f16');
  const { data, ...frame } = clipFrame(clipRecord('stream'), 0);
  const square = { ...frame, data: data.slice(0, 3 * 56 * 56), width: 56, height: 56 };
  for await (const depth of model.stream(listed([square]), { inputSize: 252, size: 'network' })) {
    expect([depth.width, depth.height]).toEqual([252, 252]);
    depth.dispose();
  }
  model.dispose();
  const kept = made.mock.calls.map(([buffer]) => buffer).filter(({ label }) => label?.startsWith('past '));
  made.mockRestore();
  const bytes = kept.reduce((sum, { size }) => sum + size, 0);
  console.log(`${kept.length} buffers keep ${bytes} bytes of 31 other frames`);
  expect(kept).toHaveLength(8);
  // From the 31st frame on, one more leaves through a buffer of its own.
  expect((bytes * 32) / 31).toBeLessThanOrEqual(30e6);
});
