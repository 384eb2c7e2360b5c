import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { loadDepthModel, type LoadOptions } from '../../../src/index.js';
import type { Warning } from '../../../src/warnings.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { seededInput } from '../../../truth/seeded_weights.js';
import { depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

/** By which the maps of the decoder are larger than those of the same network: past f16, where its weights are not. */
const LARGER = 150_000;

let faulty: FaultyDevice;
const warnings: Warning[] = [];
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  // On an adapter that is a CPU by its name, `auto` is f32.
  const adopt = Gpu.adopt.bind(Gpu);
  vi.spyOn(Gpu, 'adopt').mockImplementation((device) => {
    const gpu = adopt(device);
    return Object.assign(gpu, { adapter: { ...gpu.adapter, software: false } });
  });
});
afterAll(() => {
  vi.restoreAllMocks();
  expect(faulty.uncaptured).toEqual([]);
});

const load = (source: Uint8Array, options: LoadOptions = {}) => {
  warnings.length = 0;
  const onWarning = (warning: Warning) => warnings.push(warning);
  return loadDepthModel(source, { device: faulty.device, cache: false, tuning: 'off', onWarning, ...options });
};

/** The function of `tinyMidas` with larger values inside: ReLU and sums pass a factor on. */
function scaledMidas(factor: number): Uint8Array<ArrayBuffer> {
  const file = tinyMidas();
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  for (const [name, { data_offsets: [begin, end] = [0, 0] }] of Object.entries(header)) {
    const up = /scratch\.(layer\d_rn\.weight|refinenet\d\..*\.bias)$/.test(name);
    if (!up && !name.endsWith('scratch.output_conv.0.weight')) continue;
    const bytes = file.slice(8 + length + begin, 8 + length + end);
    const values = new Float32Array(bytes.buffer).map((value) => (up ? value * factor : value / factor));
    file.set(new Uint8Array(values.buffer), 8 + length + begin);
  }
  return file;
}

/** Largest difference, as a share of the range of what is expected. */
function worst(values: Float32Array, expected: Float32Array): number {
  const range = Math.max(...expected) - Math.min(...expected);
  expect(range).toBeGreaterThan(0.01);
  return Math.max(...values.map((value, i) => Math.abs(value - expected[i]!))) / range;
}

describe('a network whose values f16 does not hold', () => {
  const tensor = seededInput('b', 96, 64);

  it(
    'goes on in f32 where precision is auto: every run is right, those under way too, ' + 'and one warning says so',
    async () => {
      const plain = await load(tinyMidas(), { precision: 'f32' });
      const names = [...'abcdef'];
      const expected = await Promise.all(names.map((name) => depthOf(plain, picture(name))));
      const model = await load(scaledMidas(LARGER));
      expect(model.info.precision).toBe('f16');
      const source = picture('a');
      const runs = names.map((name) => {
        source.data.set(picture(name).data);
        return depthOf(model, source);
      });
      const values = await Promise.all([...runs, model.run(tensor, [1, 3, 96, 64])]);
      const wanted = [...expected, await plain.run(tensor, [1, 3, 96, 64])];
      for (const [i, each] of values.entries()) expect(worst(each, wanted[i]!)).toBeLessThan(1e-3);
      expect(model.info.precision).toBe('f32');
      expect(warnings).toMatchObject([{ code: 'LIMIT_F16_RANGE' }]);
      expect(worst(await depthOf(model, picture('a')), expected[0]!)).toBeLessThan(1e-3);
      model.dispose();
      plain.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
    },
  );

  it('is refused where f16 was asked for, on every road, and a run of it leaves nothing', async () => {
    const model = await load(scaledMidas(LARGER), { precision: 'f16' });
    const fault = { name: 'LimitError', code: 'LIMIT_F16_RANGE', expected: 65504 };
    const pending = [
      ...[...'abc'].map((name) => model.estimate(picture(name), SMALL)),
      model.run(tensor, [1, 3, 96, 64]),
      model
        .stream(
          (async function* () {
            yield picture('a');
          })(),
          SMALL,
        )
        .next(),
    ].map((call) => rejection(call));
    for (const error of await Promise.all(pending)) expect(error).toMatchObject(fault);
    model.dispose();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('whose weights f16 does not hold either goes on in f32 too', async () => {
    const model = await load(scaledMidas(1e7));
    expect(model.info.precision).toBe('f32');
    expect(warnings).toMatchObject([{ code: 'WEIGHTS_F16_RANGE' }]);
    model.dispose();
    expect(await rejection(load(scaledMidas(1e7), { precision: 'f16' }))).toMatchObject({ code: 'WEIGHTS_F16_RANGE' });
  });
});

it(
  'a network whose values f16 holds stays in f16, without a word, and makes one buffer, ' + 'pass and submit a run',
  async () => {
    const model = await load(tinyMidas());
    for (let i = 0; i < 3; i++) (await model.estimate(picture('a'), SMALL)).dispose();
    faulty.calls.clear();
    (await model.estimate(picture('b'), SMALL)).dispose();
    const made = [...faulty.calls].filter(([name]) => name.startsWith('create'));
    expect(Object.fromEntries(made)).toEqual({ createBuffer: 1, createCommandEncoder: 1 });
    expect(faulty.calls.get('submit')).toBe(1);
    expect([model.info.precision, warnings]).toEqual(['f16', []]);
    model.dispose();
  },
);

it('a run that is given up is not looked at, so that no other run fails', async () => {
  const model = await load(tinyMidas(), { precision: 'f16' });
  const expected = await depthOf(model, picture('b'));
  for (let delay = 0; delay < 12; delay++) {
    const given = new AbortController();
    const aborted = model.estimate(picture('a'), { signal: given.signal }).then(
      (depth) => depth.dispose(),
      () => undefined,
    );
    const other = depthOf(model, picture('b'));
    setTimeout(() => given.abort(), delay / 2);
    await aborted;
    expect(await other).toEqual(expected);
  }
  expect(faulty.uncaptured).toEqual([]);
  model.dispose();
});
