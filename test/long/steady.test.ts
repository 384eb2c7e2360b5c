import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { DepthMap, DepthModel } from '../../src/index.js';
import { testGpu } from '../gpu.js';
import { each, nanoOn, scene, type Frame } from '../unit/model/moving_disc.js';

let gpu: Gpu;
let model: DepthModel;
beforeAll(async () => {
  gpu = await testGpu();
  model = await nanoOn(gpu);
}, 60_000);
afterAll(() => model.dispose());

describe('streams with steady: true', () => {
  it('keeps streams side by side apart', async () => {
    const [one, other] = [[0, 1, 2].map((i) => scene(i)), [3, 4, 5].map((i) => scene(i, true))];
    const values = (map: DepthMap) => map.read();
    const alone = [
      await each(model, one, { steady: true }, values),
      await each(model, other, { steady: true }, values),
    ];
    const both = await Promise.all([one, other].map((list) => each(model, list, { steady: true }, values)));
    expect(both).toEqual(alone);
  }, 60_000);

  it('makes a buffer for a map and one for its range, and nothing more, in 100 frames', async () => {
    const { device } = gpu;
    const made: string[] = [];
    const makers = ['createBuffer', 'createTexture', 'createBindGroup', 'createComputePipeline'] as const;
    const clip = [scene(0), scene(1)];
    const small = { inputSize: 32 };
    let frame = 0;
    async function* counted(): AsyncGenerator<Frame> {
      for (; frame < 104; frame++) {
        if (frame === 4) made.length = 0;
        yield clip[frame % 2] as Frame;
      }
    }
    try {
      for (const name of makers) {
        const make = device[name].bind(device) as (descriptor: { label?: string }) => unknown;
        Object.assign(device, {
          [name]: (descriptor: { label?: string }) => (made.push(descriptor.label ?? name), make(descriptor)),
        });
      }
      for await (const map of model.stream(counted(), { ...small, steady: true })) map.dispose();
    } finally {
      for (const name of makers) delete (device as unknown as Record<string, unknown>)[name];
    }
    const count = (label: string) => made.filter((each) => each === label).length;
    expect([count('depth map'), count('range of the stream'), made.length]).toEqual([100, 100, 200]);
  }, 60_000);
});
