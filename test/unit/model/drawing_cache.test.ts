import { beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthMap, type DepthModel } from '../../../src/index.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { picture, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let faulty: FaultyDevice;
let model: DepthModel;
beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
  model = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, tuning: 'off', precision: 'f32' });
});

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
const map = (width = 64, height = 48) => model.estimate(picture('a', width, height), SMALL);

/** Objects that a call makes on the device, by method. */
async function madeBy(call: () => Promise<unknown>): Promise<Record<string, number>> {
  faulty.calls.clear();
  await call();
  return Object.fromEntries(
    [...faulty.calls].filter(([name]) => name.startsWith('create') && name !== 'createCommandEncoder'),
  );
}

const READS: readonly [string, (depth: DepthMap) => Promise<unknown>][] = [
  ['colors', (depth) => depth.colors()],
  ['colors of another look', (depth) => depth.colors({ colormap: 'gray', invert: true, span: 'percentiles' })],
  ['range', (depth) => depth.range()],
];

describe('drawing a map', () => {
  it.each(READS)('%s: the second of a size makes no GPU object, however many maps come', async (_, read) => {
    expect(await madeBy(async () => read(await map()))).toMatchObject({
      createBuffer: expect.any(Number),
      createBindGroup: expect.any(Number),
    });
    for (let i = 0; i < 3; i++) {
      const next = await map();
      expect(await madeBy(() => read(next))).toEqual({});
      next.dispose();
    }
  });

  it('as a texture makes the texture and what binds it', async () => {
    const [first, second] = [await map(), await map()];
    await first.texture();
    expect(await madeBy(() => second.texture())).toEqual({ createTexture: 1, createBindGroup: 1 });
  });

  it('twice at once gives each call a drawing of its own, and keeps one', async () => {
    const depth = await map();
    await depth.colors();
    const before = faulty.held;
    expect(await madeBy(() => Promise.all([depth.colors(), depth.colors()]))).not.toEqual({});
    expect(faulty.held).toEqual(before);
  });

  it('keeps the drawings of the four sizes used last', async () => {
    const rangeOf = async (width: number) => {
      const depth = await map(width);
      return madeBy(() => depth.range());
    };
    for (const width of [40, 48, 56, 64, 72]) expect(await rangeOf(width)).not.toEqual({});
    for (const width of [48, 56, 64, 72]) expect(await rangeOf(width)).toEqual({});
    expect(await rangeOf(40)).not.toEqual({});
    expect(await rangeOf(48)).not.toEqual({});
  });

  it('is not kept when it fails', async () => {
    const depth = await map();
    await depth.colors();
    const pending = depth.colors().catch((error: unknown) => error);
    depth.dispose();
    expect(await pending).toMatchObject({ code: 'DISPOSED' });
    const again = await map();
    await again.colors();
    again.dispose();
    model.dispose();
    await vi.waitFor(() => expect(faulty.held).toEqual(EMPTY));
  });

  it('outlives the model on a device of the caller, and then leaves nothing behind', async () => {
    const depth = await map();
    await depth.colors();
    model.dispose();
    await vi.waitFor(() => expect(faulty.held.buffers).toBe(1));
    await depth.colors();
    await depth.range();
    expect(faulty.held.buffers).toBe(1);
    depth.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });
});
