import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type PrepareOptions } from '../../../src/index.js';
import { BufferUsage, TextureUsage } from '../../../src/gpu/buffers.js';
import { testGpu } from '../../gpu.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { bits, depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

const SIZE = { width: 64, height: 48, ...SMALL };

let real: GPUDevice;
let device: GPUDevice;
let counts: Counts;
let model: DepthModel;

beforeAll(async () => {
  real = (await testGpu()).device;
  ({ device, counts } = countingDevice(real));
});
beforeEach(async () => {
  model = await loadDepthModel(tinyMidas(), { device, cache: false });
  return () => model.dispose();
});
afterAll(() => real.queue.onSubmittedWorkDone());

/** Shader modules, pipelines, buffers, textures and bind groups made since the counts were cleared. */
const made = () =>
  Object.fromEntries([...counts].filter(([name]) => name.startsWith('create') && name !== 'createCommandEncoder'));

describe('prepare', () => {
  it('leaves an estimate its map and its picture to make, and nothing to compile', async () => {
    await model.prepare(SIZE);
    counts.clear();
    await depthOf(model, picture('a'));
    // The map, 80 bytes that a run is looked at through, and what the map is read back through.
    expect(made()).toEqual({ createTexture: 1, createBindGroup: 1, createBuffer: 3 });
    await model.prepare({ width: 32, height: 48, size: 'network', ...SMALL });
    counts.clear();
    await depthOf(model, picture('b', 32, 48), { ...SMALL, size: 'network' });
    expect(Object.keys(made()).sort()).toEqual(['createBindGroup', 'createBuffer', 'createTexture']);
  });

  it('leaves an encode one bind group for its source and one for its target', async () => {
    const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST;
    const source = real.createTexture({ size: [64, 48], format: 'rgba8unorm', usage });
    const targets = [
      real.createTexture({ size: [64, 48], format: 'rgba16float', usage: TextureUsage.STORAGE_BINDING }),
      real.createBuffer({ size: 4 * 64 * 48, usage: BufferUsage.COPY_DST }),
    ];
    for (const [i, target] of targets.entries()) {
      await model.prepare({ ...SIZE, target });
      const encoder = device.createCommandEncoder();
      counts.clear();
      void model.encode(encoder, { source, target, ...SMALL });
      expect(counts.get('dispatchWorkgroups'), 'recorded before it returns').toBeGreaterThan(50);
      expect(made()).toEqual({ createBindGroup: 2 - i });
      device.queue.submit([encoder.finish()]);
    }
    for (const each of [source, ...targets]) each.destroy();
  });

  it('changes no map', async () => {
    const plain = await loadDepthModel(tinyMidas(), { device, cache: false });
    await model.prepare(SIZE);
    expect(bits(await depthOf(model, picture('a')))).toBe(bits(await depthOf(plain, picture('a'))));
    plain.dispose();
  });

  it.each<[string, Partial<Record<keyof PrepareOptions | 'heigth', unknown>>, string]>([
    ['a size that is none', { width: 0 }, 'IMAGE_SIZE'],
    ['a size that is left out', { width: undefined }, 'IMAGE_SIZE'],
    ['an option that there is none of', { heigth: 48 }, 'OPTION_UNKNOWN'],
    ['an input size that is none', { inputSize: -1 }, 'OPTION_INPUT_SIZE'],
    ['a kind of size that there is none of', { size: 'screen' }, 'OPTION_SIZE'],
  ])('refuses %s', async (_, options, code) => {
    counts.clear();
    const refused = rejection(model.prepare({ ...SIZE, ...options } as PrepareOptions));
    expect(await refused).toMatchObject({ code });
    expect(made()).toEqual({});
  });

  it('refuses a target as encode does, and stops when it is told to', async () => {
    const target = real.createTexture({ size: [64, 48], format: 'rgba8unorm', usage: TextureUsage.STORAGE_BINDING });
    expect(await rejection(model.prepare({ ...SIZE, target }))).toMatchObject({ code: 'TARGET_FORMAT' });
    target.destroy();
    const stop = new AbortController();
    const work = model.prepare({ ...SIZE, signal: stop.signal });
    stop.abort();
    expect(await rejection(work)).toMatchObject({ name: 'AbortError' });
    await model.prepare(SIZE);
    model.dispose();
    expect(await rejection(model.prepare(SIZE))).toMatchObject({ code: 'DISPOSED' });
  });
});
