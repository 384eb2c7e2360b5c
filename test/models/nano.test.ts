import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTruth } from '../../src/cli/eval_truth.js';
import { score } from '../../src/eval/scores.js';
import { compareMaps } from '../../truth/compare_maps.js';
import type { DepthModel } from '../../src/index.js';
import { readPicture } from '../../src/node/image_file.js';
import { loadDepthModel } from '../../src/node/load.js';
import { testGpu } from '../gpu.js';
import { NANO_FOLDER, nanoReference } from './nano_reference.js';

/**
 * Nano on rendered scenes that it was not trained on, the last one of a family that it was not trained on: picture in,
 * depth compared with the truth. Of ten scenes per family these are ones that it sees well; its quality on the average
 * is in docs/nano.md. Each bound is at most 0.01 less than what was measured; `floor` is what a map scores that is
 * nearer towards the bottom.
 */
const SCENES = {
  room: { spearman: 0.988, delta: 0.985, floor: 0 },
  street: { spearman: 0.961, delta: 0.887, floor: 0.58 },
  landscape: { spearman: 0.934, delta: 0.574, floor: 0.35 },
  corridor: { spearman: 0.968, delta: 0.904, floor: 0.14 },
} as const;

let model: DepthModel;
beforeAll(
  async () => void (model = await loadDepthModel('nano', { device: (await testGpu()).device, precision: 'f32' })),
);
afterAll(() => model.dispose());

describe('nano', () => {
  it.each(Object.entries(SCENES))('sees depth in a %s', async (name, bounds) => {
    const picture = await readPicture(join(NANO_FOLDER, `${name}.png`));
    const truth = await readTruth(join(NANO_FOLDER, `${name}_depth.png`), picture);
    const depth = await model.estimate(picture);
    const { spearman, delta, absRel, ordinal } = score(await depth.read(), truth);
    depth.dispose();
    const rows = Float32Array.from({ length: picture.width * picture.height }, (_, i) => Math.floor(i / picture.width));
    expect(score(rows, truth).spearman).toBeLessThanOrEqual(bounds.floor);
    console.log(
      `${name}: Spearman ${spearman.toFixed(4)}, delta ${delta.toFixed(4)}, AbsRel ${absRel.toFixed(4)}, ` +
        `ordinal ${ordinal.toFixed(4)}`,
    );
    expect(spearman).toBeGreaterThanOrEqual(bounds.spearman);
    expect(delta).toBeGreaterThanOrEqual(bounds.delta);
  });

  it.each(['room', 'corridor'] as const)('equals the PyTorch model on every second pixel of the %s', async (name) => {
    const { tensor, H, W, output: data } = nanoReference(name, await readPicture(join(NANO_FOLDER, `${name}.png`)));
    const output = await model.run(tensor, [1, 3, H, W]);
    const error = compareMaps(output, data);
    console.log(`${name}: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(0.1);
    expect(error.max).toBeLessThanOrEqual(1e-4);
    expect(error.mean).toBeLessThanOrEqual(1e-5);
  });
});
