import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Gpu } from '../../src/gpu/gpu.js';
import type { DepthModel } from '../../src/index.js';
import { readDepthFile } from '../../src/node/depth_file.js';
import { FaultyDevice } from '../faults/faulty_device.js';
import { rejection } from '../unit/model/pictures.js';
import { canFilm, ClipSession, film, framesOf, makeDepth } from '../e2e/clips.js';
import { testGpu } from '../gpu.js';
import {
  clipErrors,
  clipFrame,
  clipFrames,
  clipRecord,
  listed,
  seededVideoModel,
  type Frame,
} from '../models/clips.js';

const BOUNDS = { f32: { max: 1e-4, mean: 1e-5 }, f16: { max: 2e-2, mean: 2e-3 } } as const;
const METRIC = 'metric-video-depth-anything-small';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// 40 frames: two windows, of which the second is not full.
describe('windows of Video Depth Anything over a whole clip, against the published code', () => {
  for (const precision of ['f32', 'f16'] as const)
    it.each([
      ['clip', undefined],
      ['metric clip', METRIC],
    ])(`%s, ${precision}`, async (name, named) => {
      const record = clipRecord(name);
      const errorOf = clipErrors(name);
      const model = await seededVideoModel(gpu.device, precision, named);
      const worst = { max: 0, mean: 0 };
      let t = 0;
      for await (const depth of model.stream(clipFrames(record), { inputSize: record.side, windows: true })) {
        const error = errorOf(t++, await depth.read());
        worst.max = Math.max(worst.max, error.max);
        worst.mean = Math.max(worst.mean, error.mean);
        depth.dispose();
      }
      model.dispose();
      console.log(
        `${name}, ${t} frames, ${precision}: max ${worst.max.toExponential(2)}, mean ${worst.mean.toExponential(2)}`,
      );
      expect(t).toBe(record.frames);
      expect(worst.max).toBeLessThanOrEqual(BOUNDS[precision].max);
      expect(worst.mean).toBeLessThanOrEqual(BOUNDS[precision].mean);
    });
});

it('a frame of another size begins a clip of its own, and every map has the time of its frame', async () => {
  const record = clipRecord('clip');
  const model = await seededVideoModel(gpu.device, 'f32');
  const turned = ({ data, width, height, channels }: Frame) => ({ data, width: height, height: width, channels });
  const whole = Array.from({ length: 24 }, (_, t) => clipFrame(record, t));
  const frames = [...whole, ...whole.slice(0, 2).map(turned)].map((frame, t) => ({ ...frame, timestamp: 1000 * t }));
  const sizes: string[] = [];
  const times: (number | undefined)[] = [];
  for await (const depth of model.stream(listed(frames), { inputSize: record.side, windows: true })) {
    sizes.push(`${depth.width}×${depth.height}`);
    times.push(depth.timestamp);
    depth.dispose();
  }
  model.dispose();
  expect(times).toEqual(frames.map(({ timestamp }) => timestamp));
  expect(sizes).toEqual([...whole.map(() => '100×80'), '80×100', '80×100']);
});

describe('a window in which something fails', () => {
  const SIZE = { inputSize: 28, windows: true } as const;
  const frames = (count: number) => listed(Array.from({ length: count }, (_, t) => clipFrame(clipRecord('clip'), t)));
  const firstOf = (model: DepthModel, count: number) => rejection(model.stream(frames(count), SIZE).next());

  it('leaves no buffer where the map that others are laid onto is not read', async () => {
    const faulty = new FaultyDevice(gpu.device);
    const model = await seededVideoModel(faulty.device, 'f32');
    // Maps of a network that is known to answer are not looked at.
    (await model.estimate(clipFrame(clipRecord('clip'), 0), { inputSize: 28 })).dispose();
    const held: number[] = [];
    for (let i = 0; i < 3; i++) {
      faulty.arm('mapAsync', 1, 'reject');
      expect(await firstOf(model, 40)).toMatchObject({ code: 'INTERNAL_READBACK' });
      held.push(faulty.held.buffers);
    }
    model.dispose();
    expect(held).toEqual(held.map(() => held[0]));
  });

  it.each(['auto', 'f16'] as const)('as f16 holds no value of it gives no map; precision %s', async (precision) => {
    // On an adapter that is a CPU by its name, `auto` is f32.
    const adopt = Gpu.adopt.bind(Gpu);
    const adopted = vi.spyOn(Gpu, 'adopt').mockImplementation((device) => {
      const of = adopt(device);
      return Object.assign(of, { adapter: { ...of.adapter, software: false } });
    });
    const faulty = new FaultyDevice(gpu.device);
    const model = await seededVideoModel(faulty.device, precision);
    expect(model.info.precision).toBe('f16');
    // The flags of its stages but the last.
    faulty.onRead = (mapped) => mapped.byteLength === 24 && new Uint32Array(mapped).fill(1);
    expect(await firstOf(model, 2)).toMatchObject({
      code: 'LIMIT_F16_RANGE',
      hint: expect.stringContaining(precision === 'auto' ? 'stream the clip again' : 'precision "f32"'),
    });
    expect(model.info.precision).toBe(precision === 'auto' ? 'f32' : 'f16');
    model.dispose();
    adopted.mockRestore();
  });
});

it.skipIf(!canFilm)('a video file is seen in windows on the command line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-windows-'));
  const model = await seededVideoModel(gpu.device, 'f32');
  try {
    const file = join(folder, 'clip.mp4');
    film({ seconds: 2.6 }, file);
    const size = ['--input-size', '56'];
    expect(await makeDepth(model, [file, '-o', folder, '--frames', 'png16', ...size], new ClipSession())).toMatchObject(
      {
        frames: 26,
      },
    );
    const frames = framesOf(file, 64, 48).map((frame) => ({ ...frame, channels: 4 as const }));
    const made = join(folder, 'clip-video-depth-anything-small');
    let t = 0;
    for await (const depth of model.stream(listed(frames), { inputSize: 56, windows: true })) {
      const { data, semantics } = await readDepthFile(join(made, `${String(++t).padStart(6, '0')}.png`));
      const values = await depth.read();
      depth.dispose();
      expect(Math.max(...values.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(semantics!.scale);
    }
    expect(t).toBe(26);
    expect((await readFile(join(made, 'timestamps.txt'), 'utf8')).trim().split('\n')).toHaveLength(27);
  } finally {
    model.dispose();
    await rm(folder, { recursive: true });
  }
});
