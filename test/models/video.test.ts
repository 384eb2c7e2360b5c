import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthMap, type DepthModel, type LimitError } from '../../src/index.js';
import { loadDepthModel as loadInNode } from '../../src/node/load.js';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { countingDevice } from '../unit/graph/counting_device.js';
import { rejection } from '../unit/model/pictures.js';
import { checkpointTensors } from './fixtures.js';
import { clipErrors, clipFrame, clipFrames, clipRecord, listed, seededVideoModel } from './clips.js';

const CHECKPOINT = 'video-depth-anything-small';
const record = clipRecord('stream');
const SIZE = { inputSize: record.side };

let model: DepthModel;
beforeAll(async () => {
  model = await seededVideoModel((await testGpu()).device, 'f32');
});
afterAll(() => model.dispose());

async function valuesOf(maps: AsyncIterable<DepthMap>): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for await (const depth of maps) {
    values.push(await depth.read());
    depth.dispose();
  }
  return values;
}

describe('Video Depth Anything', () => {
  it('streams frames as the published code does, each by those before it', async () => {
    const maps = await valuesOf(model.stream(clipFrames(record, 4), SIZE));
    const errorOf = clipErrors('stream');
    const errors = maps.map((map, t) => errorOf(t, map));
    console.log('4 frames of a stream, f32:', errors);
    expect(errors.length).toBe(4);
    for (const { max, mean } of errors) {
      expect(max).toBeLessThanOrEqual(2e-5);
      expect(mean).toBeLessThanOrEqual(2e-6);
    }
  });

  it('takes a picture alone for the first frame of a stream', async () => {
    const depth = await model.estimate(clipFrame(record, 0), SIZE);
    const error = clipErrors('stream')(0, await depth.read());
    depth.dispose();
    expect(error.max).toBeLessThanOrEqual(2e-5);
  });

  it('starts anew at another size, and in another stream, also in the program that one left', async () => {
    const [first, second] = [clipFrame(record, 0), clipFrame(record, 1)];
    const narrow = { ...first, data: first.data.slice(0, 3 * 56 * 56), width: 56 };
    const [alone, after, changed, again] = await valuesOf(model.stream(listed([first, second, narrow, first]), SIZE));
    expect(changed?.length).toBe(56 * 56);
    expect(again).toEqual(alone);
    expect(await valuesOf(model.stream(listed([second, first]), SIZE))).not.toContainEqual(after);
    expect(await valuesOf(model.stream(listed([first, second]), SIZE))).toEqual([alone, after]);
  });

  it('keeps streams side by side apart', async () => {
    const lists = [
      [0, 1, 2],
      [5, 6, 7],
    ].map((frames) => frames.map((t) => clipFrame(record, t)));
    const alone = [];
    for (const list of lists) alone.push(await valuesOf(model.stream(listed(list), SIZE)));
    expect(await Promise.all(lists.map((list) => valuesOf(model.stream(listed(list), SIZE))))).toEqual(alone);
  });

  it('sees the frames of a clip in a window, as the published code does, one that is shorter than it', async () => {
    const short = clipRecord('short clip');
    const frames = Array.from({ length: short.frames }, (_, t) => ({ ...clipFrame(short, t), timestamp: 40_000 * t }));
    const maps: Float32Array[] = [];
    const times: (number | undefined)[] = [];
    for await (const depth of model.stream(listed(frames), { inputSize: short.side, windows: true })) {
      times.push(depth.timestamp);
      maps.push(await depth.read());
      depth.dispose();
    }
    const errors = maps.map((map, t) => clipErrors('short clip')(t, map));
    console.log('3 frames in a window, f32:', errors);
    expect(times).toEqual([0, 40_000, 80_000]);
    for (const { max, mean } of errors) {
      expect(max).toBeLessThanOrEqual(2e-5);
      expect(mean).toBeLessThanOrEqual(2e-6);
    }
  });

  it('ends a window at once when it is told to, and frees what it kept', async () => {
    const { device, counts } = countingDevice((await testGpu()).device);
    const counted = await seededVideoModel(device, 'f32');
    const stop = new AbortController();
    const frames = async function* () {
      for (let t = 0; ; t++) {
        if (t === 2) stop.abort();
        yield clipFrame(record, t);
      }
    };
    const maps = counted.stream(frames(), { ...SIZE, windows: true, signal: stop.signal });
    expect(await rejection(maps.next())).toMatchObject({ name: 'AbortError' });
    counted.dispose();
    await vi.waitFor(() => expect(counts.get('destroyBuffer')).toBe(counts.get('createBuffer')));
  });

  it('reads files of a window as those of other streams', async () => {
    const path = join(tmpdir(), `depthwise-${process.pid}.ppm`);
    await writeFile(path, Buffer.concat([Buffer.from('P6 56 70 255\n'), clipFrame(record, 0).data.subarray(0, 11760)]));
    const { device } = await testGpu();
    const weights = seededCheckpoint(checkpointTensors(CHECKPOINT)) as Uint8Array<ArrayBuffer>;
    const read = await loadInNode(weights, { device, precision: 'f32', model: CHECKPOINT });
    // The second picture is none: no window has to be run to find out about the first.
    const maps = read.stream([path, 2 as never], { ...SIZE, windows: true });
    expect(await rejection(maps.next())).toMatchObject({ code: 'IMAGE_SOURCE' });
    read.dispose();
    await rm(path);
  });

  it('counts what a window keeps in the memory budget, and gives it back', async () => {
    const { device } = await testGpu();
    const weights = seededCheckpoint(checkpointTensors(CHECKPOINT)) as Uint8Array<ArrayBuffer>;
    const load = (memoryBudget?: number) =>
      loadDepthModel(weights, { device, precision: 'f32', model: CHECKPOINT, ...(memoryBudget && { memoryBudget }) });
    let programs = 0;
    const opened = async (of: DepthModel) => {
      const frames = async function* () {
        yield clipFrame(record, 0);
        const { weights: constant, activations } = await of.memory();
        programs = constant + activations;
        yield 2 as never;
      };
      return rejection(of.stream(frames(), { ...SIZE, windows: true }).next());
    };
    const unbound = await load();
    expect(await opened(unbound)).toMatchObject({ code: 'IMAGE_SOURCE' });
    unbound.dispose();
    const narrow = await load(programs);
    const error = await opened(narrow);
    expect(error).toMatchObject({ code: 'LIMIT_MEMORY', expected: programs });
    narrow.dispose();
    const exact = await load((error as LimitError).actual as number);
    for (let i = 0; i < 2; i++) expect(await opened(exact)).toMatchObject({ code: 'IMAGE_SOURCE' });
    exact.dispose();
  });

  it('refuses to be held still twice', async () => {
    const error = await rejection(model.stream(clipFrames(record), { ...SIZE, steady: true }).next());
    expect(error).toMatchObject({ name: 'UsageError', code: 'OPTION_STEADY' });
    const unsure = model.stream(clipFrames(record), { ...SIZE, windows: true, confidence: true });
    expect(await rejection(unsure.next())).toMatchObject({ code: 'OPTION_STEADY' });
  });
});
