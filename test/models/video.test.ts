import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthModel } from '../../src/index.js';
import { testGpu } from '../gpu.js';
import { clipErrors, clipFrames, clipRecord, seededVideoModel } from './clips.js';

let model: DepthModel;
beforeAll(async () => {
  model = await seededVideoModel((await testGpu()).device, 'f32');
});
afterAll(() => model.dispose());

describe('Video Depth Anything', () => {
  it('streams frames as the published code does, each by those before it', async () => {
    const record = clipRecord('stream');
    const errorOf = clipErrors('stream');
    let t = 0;
    for await (const depth of model.stream(clipFrames(record, 4), { inputSize: record.side })) {
      const { max, mean } = errorOf(t++, await depth.read());
      console.log(t, max, mean);
      expect(max).toBeLessThanOrEqual(1e-4);
      expect(mean).toBeLessThanOrEqual(1e-5);
      depth.dispose();
    }
    expect(t).toBe(4);
  });
});
