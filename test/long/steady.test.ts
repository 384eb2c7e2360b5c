import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthMap, DepthModel } from '../../src/index.js';
import { testGpu } from '../gpu.js';
import { each, nanoOn, scene } from '../unit/model/moving_disc.js';

let model: DepthModel;
beforeAll(async () => {
  model = await nanoOn(await testGpu());
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
});
