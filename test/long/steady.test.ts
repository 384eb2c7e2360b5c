import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTruth } from '../../src/cli/eval_truth.js';
import { truthOf } from '../../src/eval/disparity.js';
import { scoreVideo, type VideoScores } from '../../src/eval/video_scores.js';
import { loadDepthModel, type DepthMap, type DepthModel } from '../../src/index.js';
import { readPicture } from '../../src/node/image_file.js';
import { random } from '../../truth/random.js';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';
import { each, flicker, gray, nanoOn, scene, type Frame } from '../unit/model/moving_disc.js';

const SCENES = join(import.meta.dirname, '../fixtures/nano');
/** Of a window that goes over a picture, in pixels. */
const WINDOW = { width: 192, height: 144 };
const FRAMES = 14;

let model: DepthModel;
beforeAll(async () => {
  model = await nanoOn(await testGpu());
}, 60_000);
afterAll(() => model.dispose());

/** A camera that turns: frames of a window over a scene of the renderer, with noise, and their true disparity. */
async function pan(name: string, step: number): Promise<{ frames: Frame[]; truths: Float64Array[] }> {
  const picture = await readPicture(join(SCENES, `${name}.png`));
  const truth = await readTruth(join(SCENES, `${name}_depth.png`), picture);
  const next = random(5);
  const frames: Frame[] = [];
  const truths: Float64Array[] = [];
  for (let t = 0; t < FRAMES; t++) {
    const data = new Uint8Array(4 * WINDOW.width * WINDOW.height);
    const disparity = new Float64Array(WINDOW.width * WINDOW.height);
    for (let i = 0; i < disparity.length; i++) {
      const from = (Math.floor(i / WINDOW.width) + t) * picture.width + (i % WINDOW.width) + step * t;
      for (let c = 0; c < 4; c++) data[4 * i + c] = Math.min(255, picture.data[4 * from + c]! + 5 * next());
      disparity[i] = truth.disparity[from]!;
    }
    frames.push({ data, ...WINDOW });
    truths.push(disparity);
  }
  return { frames, truths };
}

async function scoresOf(name: string, step: number, steady: boolean): Promise<VideoScores> {
  const { frames, truths } = await pan(name, step);
  const maps = await each(model, frames, { inputSize: 192, steady }, (map) => map.read());
  const clip = maps.map((disparity, t) => ({
    disparity,
    truth: truthOf(truths[t]!, { kind: 'inverse', zeroIsFar: true }),
  }));
  return scoreVideo(clip, WINDOW.width);
}

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

  it('hold the static part of a scene for Depth Anything small too, with seeded weights', async () => {
    const weights = seededCheckpoint(checkpointTensors('depth-anything-small')) as Uint8Array<ArrayBuffer>;
    const { device } = await testGpu();
    await using large = await loadDepthModel(weights, {
      device,
      model: 'depth-anything-v2-small',
      cache: false,
      tuning: 'off',
    });
    const clip = Array.from({ length: 10 }, (_, i) => scene(i));
    const raw = flicker(await each(large, clip, {}, gray));
    const steady = flicker(await each(large, clip, { steady: true }, gray));
    console.log('change of grey levels a frame: raw', raw, 'steady', steady);
    expect(raw.mean).toBeGreaterThan(3);
    expect(steady.mean).toBeLessThan(1);
    expect(steady.worst).toBeLessThan(2);
  }, 300_000);

  it('drift by less than a quarter where the camera turns, and are as true as maps of single pictures', async () => {
    const names = ['room', 'street', 'landscape'];
    const [raw, steady]: VideoScores[][] = [[], []];
    for (const name of names) {
      raw!.push(await scoresOf(name, 2, false));
      steady!.push(await scoresOf(name, 2, true));
    }
    const ratios = (['absRel', 'edge', 'gradient', 'drift'] as const).map((key) => {
      const sum = (of: readonly VideoScores[]) => of.reduce((total, scores) => total + scores[key]!, 0);
      return [key, sum(steady!) / sum(raw!)] as const;
    });
    const { absRel, edge, gradient, drift } = Object.fromEntries(ratios) as Record<string, number>;
    console.log('steady over raw:', { absRel, edge, gradient, drift });
    expect(drift).toBeLessThan(0.25);
    expect(gradient).toBeLessThan(0.6);
    expect(absRel).toBeLessThan(1);
    expect(edge).toBeLessThan(1);
  }, 300_000);
});
