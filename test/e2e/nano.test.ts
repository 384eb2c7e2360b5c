import { copyFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { score } from '../../src/eval/scores.js';
import type { Evaluation, VideoEvaluation } from '../../src/eval/report.js';
import { readTruth } from '../../src/cli/eval_truth.js';
import { readDepthFile } from '../../src/node/depth_file.js';
import { runTool, setUpTool } from './tool.js';

/** The built tool as a newcomer meets it: no model named, nothing downloaded. */
const SCENES = join(import.meta.dirname, '../fixtures/nano');
let folder: string;

beforeAll(async () => {
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  await copyFile(join(SCENES, 'room.png'), join(folder, 'room.png'));
});
afterAll(() => rm(folder, { recursive: true }));

const depthwise = (...args: string[]) => runTool(folder, args, { DEPTHWISE_CACHE: join(folder, 'cache') });

describe('depthwise with nothing but itself', () => {
  it('gives the depth of a picture with nano, and names better models in one line', async () => {
    const { code, stdout, stderr } = await depthwise('room.png', '--npy', '--precision', 'f32');
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'room-nano.png\nroom-nano.npy\nroom-nano.json\n' });
    expect(stderr.match(/^depthwise: no model is named.*$/gm)).toEqual([
      expect.stringMatching(/nano.*--model depth-anything-v2-small, /),
    ]);
    const { width, height, data } = await readDepthFile(join(folder, 'room-nano.npy'));
    const { spearman } = score(data, await readTruth(join(SCENES, 'room_depth.png'), { width, height }));
    expect(spearman).toBeGreaterThanOrEqual(0.988);
  });

  it('does so without a word when told to be quiet', async () => {
    expect(await depthwise('room.png', '-q', '--input-size', '64')).toEqual({
      code: 0,
      stdout: 'room-nano.png\n',
      stderr: '',
    });
  });

  it('lists nano as its own', async () => {
    const { stdout } = await depthwise('models');
    expect(stdout).toMatch(/^nano +relative inverse +long side 256 +MIT +comes with depthwise$/m);
    expect(JSON.parse((await depthwise('models', '--json')).stdout)).toContainEqual(
      expect.objectContaining({
        name: 'nano',
        kind: 'relative-inverse',
        input: expect.objectContaining({ width: 256 }),
      }),
    );
  });
});

describe('depthwise eval', () => {
  it('scores every picture, every folder and all, in a table and in JSON', async () => {
    for (const name of ['landscape', 'street']) {
      await cp(join(SCENES, `${name}.png`), join(folder, `data/${name}/${name}.png`));
      await cp(join(SCENES, `${name}_depth.png`), join(folder, `data/${name}/${name}-depth.png`));
      await copyFile(join(SCENES, 'depth.json'), join(folder, `data/${name}/depth.json`));
    }
    const { code, stdout, stderr } = await depthwise(
      'eval',
      '--data',
      'data',
      '-m',
      'nano',
      '--precision',
      'f32',
      '--json',
      'scores.json',
    );
    expect(code, stderr).toBe(0);
    const { model, precision, pictures, folders, mean } = JSON.parse(
      await readFile(join(folder, 'scores.json'), 'utf8'),
    ) as Evaluation & { model: string; precision: string };
    expect({ model, precision }).toEqual({ model: 'nano', precision: 'f32' });
    expect(pictures.map(({ picture, folder: place }) => [picture, place])).toEqual([
      [join('landscape', 'landscape.png'), 'landscape'],
      [join('street', 'street.png'), 'street'],
    ]);
    expect(folders['street']).toEqual({ ...pictures[1], picture: undefined, folder: undefined });
    for (const key of ['absRel', 'rmse', 'delta', 'ssi', 'spearman', 'ordinal'] as const) {
      expect(mean[key]).toBeCloseTo((pictures[0]![key] + pictures[1]![key]) / 2, 12);
    }
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows.map(([name]) => name)).toEqual([
      'AbsRel',
      join('landscape', 'landscape.png'),
      join('street', 'street.png'),
      'mean of landscape',
      'mean of street',
      'mean of 2',
    ]);
    expect(rows.at(-1)).toEqual(['mean of 2', ...Object.values(mean).map((value) => value.toFixed(4))]);
  });

  it('scores folders of frames as clips, held still or not', async () => {
    const place = join(folder, 'clips/stairs');
    // In the order of their numbers the picture changes once; in that of their letters, twice.
    for (const [number, name] of [
      [9, 'landscape'],
      [10, 'street'],
      [11, 'street'],
    ]) {
      await cp(join(SCENES, `${name}.png`), join(place, `frame${number}.png`));
      await cp(join(SCENES, `${name}_depth.png`), join(place, `frame${number}-depth.png`));
    }
    await copyFile(join(SCENES, 'depth.json'), join(place, 'depth.json'));
    const evaluate = (...more: string[]) => depthwise('eval', '--data', 'clips', '--video', '-m', 'nano', ...more);
    const { code, stdout, stderr } = await evaluate('--steady', '--json', 'clips.json');
    expect(code, stderr).toBe(0);
    const { steady, pictures } = JSON.parse(await readFile(join(folder, 'clips.json'), 'utf8')) as VideoEvaluation & {
      steady: boolean;
    };
    const [clip] = pictures;
    expect({ steady, picture: clip!.picture, frames: clip!.frames }).toEqual({
      steady: true,
      picture: 'stairs',
      frames: 3,
    });
    // A cut starts anew, and then nothing changes.
    expect(clip!.flicker).toBeLessThan(0.01);
    expect(clip!.absRel).toBeLessThan(0.5);
    const columns = ['AbsRel', 'δ<1.25', 'edge', 'flicker', 'gradient', 'drift'];
    expect(stdout.split('\n')[0]!.trim().split(/ {2,}/)).toEqual(columns);
  });

  it('refuses a folder that is not what it takes', async () => {
    expect(await depthwise('eval', '--data', 'data', '--video')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a clip has two frames at least.*\[EVAL_EMPTY\]/s),
    });
    expect(await depthwise('eval', '--data', 'cache')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/\[OPTION_INPUT\]/),
    });
    expect(await depthwise('eval', '--data', '.')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/room\.png: its depth .* is missing.*\[EVAL_PAIR\]/),
    });
  });
});
