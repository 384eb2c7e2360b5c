import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BufferUsage } from '../../../src/gpu/buffers.js';
import { depthModels, loadDepthModel, type LoadOptions, type LoadProgress } from '../../../src/index.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { checkpointTensors } from '../../models/fixtures.js';
import { seededCheckpoint } from '../../../truth/seeded_weights.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { headerOnly } from './header_only.js';
import { picture, rejection, SMALL } from './pictures.js';
import { tinyMidas, tinyMidasTensors } from './tiny_midas.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
const fetched: string[] = [];
let faulty: FaultyDevice;

beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
  fetched.length = 0;
  vi.stubGlobal('fetch', async (url: unknown) => {
    fetched.push(String(url));
    throw new TypeError('no network here');
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  expect(faulty.uncaptured).toEqual([]);
});

const load = (source: Parameters<typeof loadDepthModel>[0], options: LoadOptions = {}) =>
  loadDepthModel(source, { device: faulty.device, cache: false, tuning: 'off', precision: 'f32', ...options });

/** The addresses that a load by name asks for, up to that of the weights. */
async function askedFor(name: string): Promise<string[]> {
  const stop = new AbortController();
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: unknown) => {
    asked.push(String(url));
    if (!String(url).includes('/api/')) stop.abort();
    throw new TypeError('no network here');
  });
  expect(await rejection(load(name, { acceptLicense: true, signal: stop.signal }))).toMatchObject({
    name: 'AbortError',
  });
  return asked;
}

describe('the model asked for', () => {
  it('that does not exist: the names there are', async () => {
    const error = await rejection(load('depth-anything-v3'));
    expect(error).toMatchObject({ name: 'UsageError', code: 'MODEL_NAME' });
    for (const { name } of depthModels) expect(error.message).toContain(name);
    expect(await rejection(load(tinyMidas(), { model: 'nope' }))).toMatchObject({ code: 'MODEL_NAME' });
    expect(fetched).toEqual([]);
  });

  it('by a name near another: that one', async () => {
    expect((await rejection(load('depth-anything-v2-smal'))).message).toMatch(/Did you mean depth-anything-v2-small\?/);
  });

  it('with an option that is none: refused, with the nearest there is', async () => {
    const unknown = async (promise: Promise<unknown>, near: string) =>
      expect(await rejection(promise)).toMatchObject({
        code: 'OPTION_UNKNOWN',
        message: expect.stringContaining(near),
      });
    await unknown(load(tinyMidas(), { percision: 'f16' } as LoadOptions), 'Did you mean precision?');
    await unknown(load(tinyMidas(), { dtype: 'q8' } as LoadOptions), 'Options: precision,');
    await unknown(load(tinyMidas(), { __proto__: null, toString: 1 } as LoadOptions), 'toString');
    using model = await load(tinyMidas());
    const odd = { inputsize: 32 } as object;
    await unknown(model.estimate(picture('odd'), odd), 'Did you mean inputSize?');
    await unknown(model.stream((async function* () {})(), odd).next(), 'Did you mean inputSize?');
    await unknown(model.profile({ width: 64, height: 48 }, odd), 'Did you mean inputSize?');
    const target = faulty.device.createBuffer({ size: 4 * 64 * 48, usage: BufferUsage.COPY_DST });
    for (const more of [{ ...odd }, { size: 'network' }, { queue: 'latest' }, { signal: undefined, focallength: 9 }]) {
      const targets = { source: {} as GPUTexture, target, ...more };
      const [name] = Object.keys(more).slice(-1);
      await unknown(model.encode(faulty.device.createCommandEncoder(), targets), `There is no option "${name}"`);
    }
    target.destroy();
    expect(() => model.plan({ width: 64, height: 48 }, odd)).toThrow(/Did you mean inputSize/);
    using depth = await model.estimate(picture('odd'), SMALL);
    await unknown(depth.colors({ colourmap: 'gray' } as object), 'Did you mean colormap?');
    await unknown(depth.toBlob('pfm', { colourmap: 'gray' } as object), 'Did you mean colormap?');
  });

  it('under a licence that is not accepted: refused before any network access', async () => {
    const refused = depthModels.filter(({ permissive }) => !permissive);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    const gpu = { requestAdapter: vi.fn() };
    for (const { name, licence } of refused) {
      const error = await rejection(
        loadDepthModel(name, { gpu: gpu as unknown as GPU, cache: false, precision: 'f32' }),
      );
      expect(error).toMatchObject({ name: 'LicenseError', code: 'LICENSE_NOT_ACCEPTED' });
      expect(error.message).toContain(licence);
      expect(error.hint).toContain('acceptLicense');
      expect(await rejection(load('https://example.org/w.safetensors', { model: name }))).toMatchObject({
        code: 'LICENSE_NOT_ACCEPTED',
      });
    }
    expect(fetched).toEqual([]);
    expect(gpu.requestAdapter).not.toHaveBeenCalled();
  });

  it('under a licence that is accepted: fetched', async () => {
    const repo = 'depth-anything/Depth-Anything-V2-Large-hf';
    expect(await askedFor('depth-anything-v2-large')).toEqual([
      `https://huggingface.co/api/models/${repo}/revision/main`,
      `https://huggingface.co/${repo}/resolve/main/model.safetensors`,
    ]);
  });

  it('that is published as a release on GitHub: fetched there, and where a page cannot, what to do', async () => {
    expect(await rejection(load('midas-v2.1-small'))).toMatchObject({
      code: 'NET_UNREACHABLE',
      hint: expect.stringMatching(/No page can fetch files from github\.com.* drop it/),
    });
    expect(fetched).toEqual(['https://github.com/isl-org/MiDaS/releases/download/v2_1/midas_v21_small_256.pt']);
  });

  it('by any name that its authors have for it: as by its own', async () => {
    const names = depthModels.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, aliases, source } of depthModels) {
      for (const alias of aliases) {
        const repository = /^hf:([^@]+)/.exec(source)?.[1];
        expect((await askedFor(alias)).join(' '), `${alias} is ${name}`).toContain(repository ?? source);
      }
    }
    expect(await rejection(load(tinyMidas(), { model: 'vits' }))).toMatchObject({
      code: 'MODEL_ARCHITECTURE',
      expected: 'depth-anything-v2-small',
    });
    expect((await rejection(load('MiDaS_smal'))).message).toContain('Did you mean MiDaS_small?');
  });

  it('whose file is another: what the file looks like', async () => {
    const error = await rejection(load(tinyMidas(), { model: 'depth-anything-v2-small' }));
    expect(error).toMatchObject({ name: 'ModelMismatchError', code: 'MODEL_ARCHITECTURE' });
    expect(error.message).toMatch(/looks like MiDaS v2\.1 small .* not Depth Anything/);
    const base = await rejection(load(headerOnly('depth-anything-base'), { model: 'depth-anything-v2-small' }));
    expect(base.message).toMatch(/this is Depth Anything base .* not Depth Anything V2 small/);
    expect(faulty.held).toEqual(EMPTY);
  });

  it('that a Depth Anything file may be: the candidates', async () => {
    for (const checkpoint of ['depth-anything-small', 'depth-anything-small-hub']) {
      const source = headerOnly(checkpoint);
      const error = await rejection(load(source));
      expect(error).toMatchObject({ name: 'ModelMismatchError', code: 'MODEL_AMBIGUOUS', hint: 'Name the model.' });
      for (const name of [
        'depth-anything-v1-small',
        'depth-anything-v2-small',
        'depth-anything-v2-metric-indoor-small',
        'depth-anything-v2-metric-outdoor-small',
      ])
        expect(error.message).toContain(name);
      expect(source.cancelled).toBe(true);
    }
  });

  it.each([
    [
      'midas-v2.1-small',
      'midas-v2.1-small',
      new RegExp(
        String.raw`^pretrained\.(layer1\.[013]|layer2\.0\.[01]|layer4\.1\.0)\.(?!0\.conv_dw|.*num_batches_tracked)|` +
          String.raw`^scratch\.(?!refinenet4\.resConfUnit1)`,
      ),
    ],
    [
      'depth-anything-v2-small',
      'depth-anything-small',
      /^pretrained\.(?!cls_token|mask_token|blocks\.([1-9]|10)\.)|^depth_head\.(?!scratch\.refinenet4\.resConfUnit1)/,
    ],
  ])('whose file lacks one tensor is told of that one: %s', async (model, checkpoint, names) => {
    const used = checkpointTensors(checkpoint)
      .map(({ name }) => name)
      .filter((name) => names.test(name));
    expect(used.length).toBeGreaterThan(60);
    for (const name of used) {
      const error = await rejection(
        load(headerOnly(checkpoint, 'hang', name), { model, signal: AbortSignal.timeout(5000) }),
      );
      expect({ name, code: error.code, message: error.message }).toMatchObject({
        code: 'MODEL_MISSING_TENSOR',
        message: expect.stringContaining(`"${name}"`),
      });
    }
    expect(faulty.held).toEqual(EMPTY);
  });

  it(
    'whose file holds other tensors besides: a warning that names them, and none of ' + 'those that every file has',
    async () => {
      const warned: unknown[] = [];
      const onWarning = (warning: unknown) => warned.push(warning);
      const tensors = tinyMidasTensors();
      (await load(tinyMidas(), { model: 'midas-v2.1-small', onWarning })).dispose();
      expect(tensors.some(({ name }) => name.includes('refinenet4.resConfUnit1'))).toBe(true);
      expect(warned).toEqual([]);
      const more = seededCheckpoint([...tensors, { name: 'auxiliary.weight', shape: [4] }]) as Uint8Array<ArrayBuffer>;
      (await load(more, { model: 'midas-v2.1-small', onWarning })).dispose();
      const narrow = tensors.map((tensor) =>
        tensor.name.startsWith('pretrained.layer1.1.') ? { ...tensor, shape: [64] } : tensor,
      );
      expect(
        await rejection(
          load(seededCheckpoint(narrow) as Uint8Array<ArrayBuffer>, {
            model: 'midas-v2.1-small',
            onWarning: () => expect.unreachable(),
          }),
        ),
      ).toMatchObject({ code: 'MODEL_SHAPE' });
      expect(warned).toEqual([
        {
          code: 'MODEL_SURPLUS_TENSOR',
          message: 'buffer: the model uses all but 1 tensor of the file: "auxiliary.weight".',
        },
      ]);
    },
  );

  it('named on the hub without a revision: refused before any network access', async () => {
    expect(await rejection(load('hf:depth-anything/Depth-Anything-V2-Small-hf'))).toMatchObject({
      name: 'UsageError',
      code: 'SOURCE_REVISION',
    });
    expect(fetched).toEqual([]);
  });

  it('whose file ends early, is empty or is no checkpoint: nothing is left', async () => {
    expect(
      await rejection(load(headerOnly('depth-anything-small', 'end'), { model: 'depth-anything-v2-small' })),
    ).toMatchObject({ code: 'ST_TRUNCATED' });
    const cut = new Blob([tinyMidas().slice(0, 150_000)]);
    expect(await rejection(load({ name: 'cut', open: async () => cut.stream() }))).toMatchObject({
      code: 'ST_TRUNCATED',
    });
    expect(await rejection(load(cut))).toMatchObject({ code: 'ST_OFFSETS' });
    expect(await rejection(load(new Uint8Array()))).toMatchObject({ name: 'WeightsFormatError' });
    expect(await rejection(load(new Blob(['<html>'])))).toMatchObject({ code: 'NET_NOT_WEIGHTS' });
    expect(faulty.held).toEqual(EMPTY);
    (await load(tinyMidas())).dispose();
  });
});

describe('options of a caller without a type checker', () => {
  const any = (value: unknown) => value as never;

  it.each<[string, unknown, unknown, object]>([
    [
      'a number for a source',
      5,
      {},
      { code: 'OPTION_SOURCE', actual: 5, message: expect.stringContaining('source is 5; expected a registry name') },
    ],
    ['no source', undefined, {}, { code: 'OPTION_SOURCE', actual: undefined }],
    ['null for a source', null, {}, { code: 'OPTION_SOURCE', actual: null }],
    ['null for options', 'nano', null, { code: 'OPTION_OBJECT', actual: null }],
    ['a number for weights', 'nano', { weights: 7 }, { code: 'OPTION_WEIGHTS', actual: 7 }],
    [
      'a precision there is not',
      'nano',
      { precision: 'f64' },
      {
        code: 'OPTION_PRECISION',
        actual: 'f64',
        expected: ['auto', 'f32', 'f16'],
        message: expect.stringContaining('precision is "f64"; expected one of auto, f32, f16'),
      },
    ],
    [
      'a tuning there is not',
      'nano',
      { tuning: true },
      { code: 'OPTION_TUNING', actual: true, expected: ['auto', 'off'] },
    ],
    [
      'a convention there is not',
      'nano',
      { convention: 'x' },
      { code: 'OPTION_CONVENTION', actual: 'x', expected: ['original', 'hub'] },
    ],
  ])('are refused before anything is fetched or opened: %s', async (_, source, options, error) => {
    const gpu = { requestAdapter: vi.fn() };
    const found = await rejection(
      loadDepthModel(any(source), any(options === null ? null : { gpu, cache: false, ...(options as object) })),
    );
    expect(found).toMatchObject({ name: 'UsageError', phase: 'load', ...error });
    expect(fetched).toEqual([]);
    expect(gpu.requestAdapter).not.toHaveBeenCalled();
  });

  it('are refused by an estimate and by what is made of a map', async () => {
    const model = await load(tinyMidas());
    const map = await model.estimate(picture('a'), SMALL);
    faulty.calls.clear();
    const refusals: readonly [() => Promise<unknown>, string, unknown][] = [
      [() => model.estimate(picture('a'), any(null)), 'OPTION_OBJECT', null],
      [() => model.estimate(picture('a'), { ...SMALL, size: any('foo') }), 'OPTION_SIZE', 'foo'],
      [() => model.estimate(picture('a'), { ...SMALL, inputSize: any('64') }), 'OPTION_INPUT_SIZE', '64'],
      [() => model.stream(any([]), any(null)).next(), 'OPTION_OBJECT', null],
      [() => model.estimate(picture('a'), { signal: any('stop') }), 'OPTION_SIGNAL', 'stop'],
      [() => model.stream(any([]), { signal: any(5) }).next(), 'OPTION_SIGNAL', 5],
      [() => model.prepare({ width: 64, height: 48, signal: any({}) }), 'OPTION_SIGNAL', {}],
      [() => loadDepthModel(tinyMidas(), { device: any({}) }), 'OPTION_DEVICE', {}],
      [() => loadDepthModel(tinyMidas(), { device: any('gpu') }), 'OPTION_DEVICE', 'gpu'],
      [() => loadDepthModel(tinyMidas(), { gpu: any({}) }), 'OPTION_GPU', {}],
      [() => load(tinyMidas(), { signal: any(new AbortController()) }), 'OPTION_SIGNAL', expect.any(AbortController)],
      [() => model.encode(any({}), any(null)), 'OPTION_OBJECT', null],
      [() => map.colors({ colormap: any('jet') }), 'OPTION_COLORMAP', 'jet'],
      [() => map.colors({ colormap: any('constructor') }), 'OPTION_COLORMAP', 'constructor'],
      [() => map.colors({ span: any('x') }), 'OPTION_SPAN', 'x'],
      [() => map.colors(any(null)), 'OPTION_OBJECT', null],
      [() => map.draw(any({}), { span: any({}) }), 'OPTION_SPAN', {}],
      [() => map.texture(any('rgba8unorm')), 'OPTION_TEXTURE_FORMAT', 'rgba8unorm'],
      [() => map.toBlob(any('gif')), 'OPTION_FILE_FORMAT', 'gif'],
    ];
    for (const [work, code, actual] of refusals) {
      const error = await rejection(work());
      expect(error).toMatchObject({ name: 'UsageError', code, actual });
      if (typeof actual === 'string') expect(error.message).toContain(actual);
    }
    for (const source of [5, null, undefined, 'clip.mp4'])
      expect(await rejection(model.stream(any(source)).next())).toMatchObject({ code: 'IMAGE_SOURCE' });
    for (const size of [null, 'x', { width: -1, height: 8 }, { width: 8, height: NaN }])
      expect(await rejection(model.profile(any(size)))).toMatchObject({
        code: faulty.device.features.has('timestamp-query') ? 'IMAGE_SIZE' : 'GPU_NO_TIMESTAMPS',
      });
    for (const size of [null, undefined, 'x', { width: -1, height: 8 }])
      expect(await rejection(Promise.resolve().then(() => model.plan(any(size))))).toMatchObject({
        name: 'ImageError',
        code: 'IMAGE_SIZE',
      });
    for (const shape of [null, 5, [1, 3]])
      expect(await rejection(model.run(new Float32Array(3), any(shape)))).toMatchObject({ code: 'TENSOR_SHAPE' });
    expect(await rejection(map.colors({ colormap: any('jet') }))).toMatchObject({
      expected: ['inferno', 'spectral_r', 'turbo', 'viridis', 'magma', 'gray'],
    });
    expect([...faulty.calls.keys()].filter((name) => /^(create|submit)/.test(name))).toEqual([]);
    map.dispose();
    model.dispose();
  });
});

describe('onProgress', () => {
  it('is told of bytes, then of kernels, then once that the model is ready, each phase to its total', async () => {
    const seen: LoadProgress[] = [];
    const model = await load(tinyMidas(), { onProgress: (progress) => seen.push(progress) });
    const phases = seen.map(({ phase }) => phase);
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual(['read', 'compile', 'ready']);
    for (const phase of ['read', 'compile', 'ready'] as const) {
      const told = seen.filter((of) => of.phase === phase);
      expect(told.map(({ loaded }) => loaded)).toEqual(told.map(({ loaded }) => loaded).sort((a, b) => a - b));
      expect(told.at(-1)!.loaded).toBe(told.at(-1)!.total);
    }
    expect(seen.at(-1)!.total).toBe((await model.memory()).weights);
    model.dispose();
  });

  it('is told of bytes read, and its exception is reported once without harm', async () => {
    const bytes = tinyMidas();
    const seen: number[] = [];
    const onProgress = ({ phase, loaded }: LoadProgress) => phase === 'read' && seen.push(loaded);
    (await load(bytes, { onProgress })).dispose();
    expect(seen.at(-1)).toBe(bytes.length);
    const tasks: (() => void)[] = [];
    const callback = vi.fn(() => {
      throw new Error('of the caller');
    });
    const later = globalThis.setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((task: () => void, delay?: number) =>
      String(task).includes('throw') ? tasks.push(task) : later(task, delay)) as typeof setTimeout);
    (await load(bytes, { onProgress: callback })).dispose();
    vi.restoreAllMocks();
    expect(callback).toHaveBeenCalledTimes(1);
    expect(tasks.length).toBe(1);
    expect(tasks[0]).toThrow('of the caller');
  });
});
