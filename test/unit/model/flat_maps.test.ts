import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthModel } from '../../../src/index.js';
import { TextureUsage } from '../../../src/gpu/buffers.js';
import type { Warning } from '../../../src/warnings.js';
import { seededInput } from '../../../truth/seeded_weights.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { grey, picture, rejection, SMALL } from './pictures.js';
import { changedMidas, tinyMidas } from './tiny_midas.js';

let faulty: FaultyDevice;
const warnings: Warning[] = [];
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
});
afterAll(() => expect(faulty.uncaptured).toEqual([]));

const load = (source: Uint8Array) => {
  warnings.length = 0;
  const onWarning = (warning: Warning) => warnings.push(warning);
  return loadDepthModel(source, { device: faulty.device, cache: false, tuning: 'off', precision: 'f32', onWarning });
};

const estimated = async (model: DepthModel, source = picture('a')) => {
  const map = await model.estimate(source, SMALL);
  const values = await map.read();
  map.dispose();
  return values;
};

const LAST = /output_conv\.4\.(weight|bias)$/;
const WRONG: [string, Uint8Array, RegExp][] = [
  [
    'the last ReLU lets nothing through',
    changedMidas((name, values) => (/output_conv\.4\.bias$/.test(name) ? values.fill(-1e4) : undefined)),
    /is 0 everywhere/,
  ],
  [
    'the last layer sees nothing and gives its bias',
    changedMidas((name, values) => (LAST.test(name) ? values.fill(name.endsWith('bias') ? 0.7 : 0) : undefined)),
    /is 0\.699999\d+ everywhere/,
  ],
  [
    'the first layer of the head sees nothing, so that its map varies at the border',
    changedMidas((name, values) => {
      if (/output_conv\.0\.weight$/.test(name)) return values.fill(0);
      return /output_conv\.(0|4)\.bias$/.test(name) ? values.fill(1) : undefined;
    }),
    /is the same, whatever/,
  ],
  [
    'the first layer sees nothing',
    changedMidas((name, values) => (name === 'pretrained.layer1.0.weight' ? values.fill(0) : undefined)),
    /, whatever the picture shows\./,
  ],
  [
    'the last layer is past f32',
    changedMidas((name, values) => (LAST.test(name) ? values.fill(3e38) : undefined)),
    /is not finite/,
  ],
];

describe.each(WRONG)('a network of which %s', (_, weights, message) => {
  const fault = { name: 'ModelMismatchError', code: 'MODEL_FLAT', message: expect.stringMatching(message) };

  it('is refused by estimate, run and stream, each time, and leaves nothing behind', async () => {
    const model = await load(weights);
    async function* pictures() {
      yield picture('a');
    }
    const calls = [
      model.estimate(picture('a'), SMALL),
      model.estimate(picture('b'), SMALL),
      model.run(seededInput('b', 64, 64), [1, 3, 64, 64]),
      model.stream(pictures(), SMALL).next(),
    ];
    for (const error of await Promise.all(calls.map(rejection))) expect(error).toMatchObject(fault);
    expect(await rejection(model.estimate(picture('a'), SMALL))).toMatchObject(fault);
    model.dispose();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('is an error of encode, after a look at the first run at the latest, and of every call from then on', async () => {
    const model = await load(weights);
    warnings.length = 0;
    const source = faulty.device.createTexture({
      size: [64, 48],
      format: 'rgba8unorm',
      usage: TextureUsage.TEXTURE_BINDING,
    });
    const target = faulty.device.createTexture({
      size: [64, 48],
      format: 'r32float',
      usage: TextureUsage.STORAGE_BINDING,
    });
    const encode = async () => {
      const encoder = faulty.device.createCommandEncoder();
      await model.encode(encoder, { source, target, ...SMALL });
      faulty.device.queue.submit([encoder.finish()]);
    };
    const outcome = () => encode().catch((error: unknown) => error);
    await outcome();
    await vi.waitFor(async () => expect(await outcome()).toMatchObject(fault), { timeout: 20_000, interval: 200 });
    expect(await rejection(encode())).toMatchObject(fault);
    expect(await rejection(encode())).toMatchObject(fault);
    model.dispose();
    source.destroy();
    target.destroy();
  });
});

describe('weights that are all zero', () => {
  it('are refused when they are loaded, and leave nothing behind', async () => {
    const biased = changedMidas((name, values) => (name.endsWith('.weight') ? values.fill(0) : undefined));
    for (const weights of [changedMidas((_, values) => values.fill(0)), biased]) {
      expect(await rejection(load(weights))).toMatchObject({
        name: 'WeightsFormatError',
        code: 'WEIGHTS_ZERO',
        message: expect.stringMatching(/: the weights of all \d+ layers are zero/),
      });
      expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
    }
  });

  it('in some layers are named, five of them, with their number', async () => {
    const model = await load(changedMidas((name, values) => (/scratch\.ref/.test(name) ? values.fill(0) : undefined)));
    expect(warnings).toMatchObject([
      {
        code: 'WEIGHTS_ZERO',
        message: expect.stringMatching(
          /: the weights of \d+ of \d+ layers are all zero: (".*", ){4}".*" and \d+ more\.$/,
        ),
      },
    ]);
    model.dispose();
  });

  it('in one layer are named, its bias is not, and a network that answers all the same is asked once', async () => {
    const zero = (name: string) => /refinenet2\.resConfUnit2\.conv2\.(weight|bias)$/.test(name);
    const model = await load(changedMidas((name, values) => (zero(name) ? values.fill(0) : undefined)));
    expect(warnings).toMatchObject([
      {
        code: 'WEIGHTS_ZERO',
        message: expect.stringMatching(/: the weights of 1 of \d+ layers are all zero: "[^"]*conv2\.weight"\.$/),
      },
    ]);
    expect(new Set(await estimated(model)).size).toBeGreaterThan(100);
    faulty.calls.clear();
    await model.estimate(picture('b'), SMALL).then((map) => map.dispose());
    expect(faulty.calls.get('submit')).toBe(1);
    model.dispose();
  });
});

describe('a network that answers', () => {
  it.each([0, 128, 255])('takes a picture that is %i everywhere', async (value) => {
    const model = await load(tinyMidas());
    expect((await estimated(model, grey(value))).every(Number.isFinite)).toBe(true);
    expect(await model.run(new Float32Array(3 * 64 * 64).fill(value / 64 - 2), [1, 3, 64, 64])).toHaveLength(64 * 64);
    expect(warnings).toEqual([]);
    model.dispose();
  });

  it('may give a flat map of a black picture: nothing is said, and it is asked once', async () => {
    // Its first layer lets nothing of black through, and no layer adds anything.
    const model = await load(
      changedMidas((name, values) => {
        if (name === 'pretrained.layer1.0.weight') return values.map(Math.abs);
        return /bias$|running_mean$/.test(name) ? values.fill(0) : undefined;
      }),
    );
    const black = grey(0);
    expect(new Set(await estimated(model, black))).toEqual(new Set([0]));
    const submits = async (work: () => Promise<unknown>) => {
      faulty.calls.clear();
      await work();
      return faulty.calls.get('submit');
    };
    expect(await submits(() => model.estimate(black, SMALL).then((map) => map.dispose()))).toBe(1);
    expect(new Set(await model.run(new Float32Array(3 * 64 * 64), [1, 3, 64, 64]))).toEqual(new Set([0]));
    expect(new Set(await estimated(model)).size).toBeGreaterThan(100);
    expect(warnings).toEqual([]);
    model.dispose();
  });

  it('is not asked where its first map is not flat', async () => {
    const model = await load(tinyMidas());
    await estimated(model);
    expect(faulty.calls.get('writeBuffer') ?? 0).toBeGreaterThan(0);
    faulty.calls.clear();
    await estimated(model);
    expect(faulty.calls.get('createComputePipelineAsync')).toBe(undefined);
    expect(warnings).toEqual([]);
    model.dispose();
  });
});
