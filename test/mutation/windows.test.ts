import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type * as WindowFrames from '../../src/runtime/window_frames.js';
import { testGpu } from '../gpu.js';

const FRAMES = '../../src/runtime/window_frames.js';
const NAME = 'clip';

/** What takes the place of exports of the right rules. */
type Change = (right: typeof WindowFrames) => object;

/** Windows that are wrong, by what takes the place of a rule of theirs. */
const MUTANTS: readonly (readonly [name: string, change: Change])[] = [
  ['windows that follow a frame too early', () => ({ STEP: 21 })],
  [
    'alignment without shift',
    ({ lineOnto }) => ({ lineOnto: (...maps: Parameters<typeof lineOnto>) => [lineOnto(...maps)[0], 0] }),
  ],
  ['no alignment', () => ({ lineOnto: () => [1, 0] })],
  ['no blending', () => ({ partOf: () => 1 })],
  [
    'the last frames in place of key frames',
    ({ nextSlots }) => ({
      nextSlots: (last?: readonly number[]) => (last ? [...last.slice(22), ...last.slice(0, 22)] : nextSlots()),
    }),
  ],
];

let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await testGpu());
});
afterEach(() => {
  vi.doUnmock(FRAMES);
  vi.resetModules();
});

/** The worst distance of the maps of a clip from those of the published code. */
async function worst(change: Change): Promise<number> {
  vi.resetModules();
  vi.doMock(FRAMES, async (original) => {
    const right = await original<typeof WindowFrames>();
    return { ...right, ...change(right) };
  });
  const { clipErrors, clipFrames, clipRecord, seededVideoModel } = await import('../models/clips.js');
  const record = clipRecord(NAME);
  const model = await seededVideoModel(device, 'f32');
  const errorOf = clipErrors(NAME);
  let [t, max] = [0, 0];
  try {
    for await (const depth of model.stream(clipFrames(record), { inputSize: record.side, windows: true })) {
      if (t < record.frames) max = Math.max(max, errorOf(t++, await depth.read()).max);
      depth.dispose();
    }
  } finally {
    model.dispose();
  }
  return max;
}

it('keep the bound where nothing is changed', async () => {
  expect(await worst(() => ({}))).toBeLessThanOrEqual(1e-4);
});

it.each(MUTANTS)('%s do not', async (_name, change) => {
  const error = await worst(change);
  console.log(`${_name}: ${error.toExponential(2)}`);
  expect(error).toBeGreaterThan(1e-3);
});
