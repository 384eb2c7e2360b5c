import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/gpu/gpu.js';
import { DepthwiseError, loadDepthModel, ShaderError, type DepthMap, type DepthModel } from '../../src/index.js';
import { attention } from '../../src/kernels/attention.js';
import { conv2d } from '../../src/kernels/conv2d.js';
import { gemm } from '../../src/kernels/gemm.js';
import { layerNorm } from '../../src/kernels/layer_norm.js';
import { checkSound } from '../../src/tuning/known_answer.js';
import { testGpu } from '../gpu.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { picture, SMALL } from '../unit/model/pictures.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { FaultyDevice, type Fault } from './faulty_device.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };

/** The ops that known answers are asked of. */
const OPS = [gemm, conv2d, attention, layerNorm];

type Injected = [call: string, fault: Fault, codes: RegExp, stride?: number];

/**
 * Every way a call can fail here, the codes its failure may carry, and which of its calls in a load are tried: every
 * n-th.
 */
const FAULTS: readonly Injected[] = [
  ['createBuffer', 'oom', /^GPU_OOM$/],
  ['createBuffer', 'throw', /^GPU_OOM$/],
  ['createBuffer', 'invalid', /^INTERNAL_VALIDATION$/],
  ['createTexture', 'oom', /^GPU_OOM$/],
  ['createTexture', 'throw', /^GPU_OOM$/],
  ['createShaderModule', 'corrupt', /^SHADER_COMPILE$/],
  ['createComputePipelineAsync', 'reject', /^SHADER_INTERNAL$/],
  ['createBindGroup', 'throw', /^GPU_OOM$/],
  ['createBindGroupLayout', 'throw', /^GPU_OOM$/],
  ['createCommandEncoder', 'throw', /^GPU_OOM$/],
  ['writeBuffer', 'oom', /^GPU_OOM$/],
  ['writeBuffer', 'invalid', /^INTERNAL_VALIDATION$/, 7],
  ['writeTexture', 'oom', /^GPU_OOM$/],
  ['submit', 'invalid', /^INTERNAL_VALIDATION$/],
  ['submit', 'throw', /^GPU_OOM$/],
  ['mapAsync', 'reject', /^INTERNAL_READBACK$/],
  ['onSubmittedWorkDone', 'reject', /^INTERNAL_GPU$/],
  ['popErrorScope', 'reject', /^(INTERNAL_GPU|SHADER_INTERNAL)$/, 11],
];

let real: GPUDevice;
let keeper: DepthModel;
beforeAll(async () => {
  real = (await nullGpu()).device;
  // Keeps the pipelines of the real device alive, so that loads here are quick.
  keeper = await loadDepthModel(tinyMidas(), { device: real, cache: false, tuning: 'off', precision: 'f32' });
  await use(keeper, 1);
});
afterAll(() => keeper.dispose());

const load = (faulty: FaultyDevice) =>
  loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, tuning: 'off', precision: 'f32' });

/** An estimate at a size of its own, and everything that can be made of it. */
async function use(model: DepthModel, serial: number): Promise<void> {
  const map = await model.estimate(picture('a', 32 + (serial % 97), 33 + Math.floor(serial / 97)), SMALL);
  try {
    await map.read();
    await map.range();
    await map.colors();
    await map.texture('r32float');
  } finally {
    map.dispose();
  }
}

/** How often a clean run of `work` makes a call. */
async function callsIn(faulty: FaultyDevice, call: string, work: () => Promise<unknown>): Promise<number> {
  faulty.calls.clear();
  await work();
  return faulty.calls.get(call) ?? 0;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Throws the one fault for which a model that works all the same has dropped a kernel. */
function dropped(model: DepthModel): void {
  const faults = Object.entries(model.info.kernels.dropped);
  expect(faults.length).toBe(1);
  const [[name = '', message = ''] = []] = faults;
  expect(message).toContain(`Kernel "${name}"`);
  throw new ShaderError(message.includes('does not compile') ? 'SHADER_COMPILE' : 'SHADER_INTERNAL', message);
}

describe('a fault while loading', () => {
  it.each<Injected>(FAULTS)(
    'at each call of %s (%s) ends in its own error, unless another kernel does the work, and leaves nothing',
    async (call, fault, codes, stride = 1) => {
      const faulty = new FaultyDevice(real);
      const count = await callsIn(faulty, call, async () => (await load(faulty)).dispose());
      for (let k = 1; k <= count; k += stride) {
        faulty.arm(call, k, fault);
        const error = await failure(
          load(faulty).then((model) => {
            model.dispose();
            dropped(model);
          }),
        );
        expect(faulty.pending, `fault ${k} of ${count}`).toBe(false);
        expect(error, `fault ${k} of ${count}`).toBeInstanceOf(DepthwiseError);
        expect((error as DepthwiseError).code, `fault ${k} of ${count}`).toMatch(codes);
        expect(faulty.held, `fault ${k} of ${count}`).toEqual(EMPTY);
      }
      expect(faulty.uncaptured).toEqual([]);
      (await load(faulty)).dispose();
    },
  );
});

describe('a fault while estimating', () => {
  it.each<Injected>(FAULTS)(
    'at each call of %s (%s) ends in its own error, unless another kernel does the work, leaves nothing, and the ' +
      'next call works',
    async (call, fault, codes) => {
      const faulty = new FaultyDevice(real);
      let model = await load(faulty);
      let serial = 1;
      const first = await callsIn(faulty, call, () => use(model, serial++));
      const later = await callsIn(faulty, call, () => use(model, serial++));
      expect(first).toBeGreaterThan(0);
      // What only a first use does, such as compiling the kernels of a map, takes a model of its own each time.
      for (let k = 1; k <= Math.max(later, first); k++) {
        if (k > later) {
          model.dispose();
          model = await load(faulty);
        }
        faulty.arm(call, k, fault);
        const error = await failure(use(model, serial).then(() => dropped(model)));
        expect(faulty.pending, `fault ${k} of ${first}`).toBe(false);
        expect(error, `fault ${k} of ${first}`).toBeInstanceOf(DepthwiseError);
        expect((error as DepthwiseError).code, `fault ${k} of ${first}`).toMatch(codes);
        await use(model, serial++);
      }
      model.dispose();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(faulty.held).toEqual(EMPTY);
      expect(faulty.uncaptured).toEqual([]);
    },
  );
});

describe('a fault while asking known answers', () => {
  it.each<Injected>([
    ['createBuffer', 'oom', /^GPU_OOM$/],
    ['writeBuffer', 'invalid', /^INTERNAL_VALIDATION$/],
    ['submit', 'invalid', /^INTERNAL_VALIDATION$/],
    ['mapAsync', 'reject', /^INTERNAL_READBACK$/],
  ])('at each call of %s (%s) is not taken for a wrong answer', async (call, fault, codes) => {
    const faulty = new FaultyDevice((await testGpu()).device);
    const gpu = Gpu.adopt(faulty.device);
    const count = await callsIn(faulty, call, () => checkSound(gpu, 'f32', OPS));
    expect(count).toBeGreaterThanOrEqual(12);
    for (let k = 1; k <= count; k++) {
      faulty.arm(call, k, fault);
      expect(await failure(checkSound(gpu, 'f32', OPS)), `fault ${k} of ${count}`).toMatchObject({
        code: expect.stringMatching(codes),
      });
      expect(faulty.held, `fault ${k} of ${count}`).toEqual(EMPTY);
    }
    expect(faulty.uncaptured).toEqual([]);
  });
});

describe('a fault at a size at hand', () => {
  it.each<[string, Fault]>([
    ['createTexture', 'oom'],
    ['createTexture', 'throw'],
    ['writeTexture', 'oom'],
    ['createBuffer', 'oom'],
    ['createBuffer', 'throw'],
    ['createBindGroup', 'throw'],
    ['submit', 'throw'],
  ])('at %s (%s) does not spoil the next call', async (call, fault) => {
    const faulty = new FaultyDevice(real);
    const model = await load(faulty);
    const bytes = picture('a');
    const floats = { ...bytes, data: Float32Array.from(bytes.data, (value) => value / 255) };
    for (const source of [bytes, bytes]) (await model.estimate(source, SMALL)).dispose();
    faulty.arm(call, 1, fault);
    expect(await failure(model.estimate(floats, SMALL))).toMatchObject({ code: 'GPU_OOM' });
    expect(faulty.pending).toBe(false);
    for (const source of [floats, bytes]) (await model.estimate(source, SMALL)).dispose();
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
    expect(faulty.uncaptured).toEqual([]);
  });
});

describe('a fault in a use of a map', () => {
  const uses: readonly [string, (map: DepthMap) => Promise<unknown>][] = [
    ['read', (map) => map.read()],
    ['range', (map) => map.range()],
    ['colors', (map) => map.colors()],
    ['texture', (map) => map.texture()],
  ];
  it.each(uses)('does not spoil the next %s of the same map', async (_, call) => {
    const faulty = new FaultyDevice(real);
    const model = await load(faulty);
    const map = await model.estimate(picture('a'), SMALL);
    const before = faulty.held;
    faulty.arm('submit', 1, 'throw');
    expect(await failure(call(map))).toMatchObject({ code: 'GPU_OOM' });
    expect(faulty.held).toEqual(before);
    expect(await failure(call(map))).toBeUndefined();
    map.dispose();
    model.dispose();
  });
});

describe('a kernel that does not compile', () => {
  it('is named with the line', async () => {
    const faulty = new FaultyDevice(real);
    // Those of the network have others that do their work; that of the preprocessing has none.
    const model = await load(faulty);
    faulty.arm('createShaderModule', 1, 'corrupt');
    const error = (await failure(use(model, 1))) as DepthwiseError;
    model.dispose();
    expect(error).toMatchObject({ name: 'ShaderError', code: 'SHADER_COMPILE', phase: 'compile', retryable: false });
    expect(error.message).toContain(`Kernel ${faulty.corrupted}`);
    expect(error.message).toMatch(
      /^Kernel "[a-z_0-9]+\/[a-z_]+" does not compile: line \d+: .+ in "@compute @workgroup_size\(.+\)"$/,
    );
    expect(error.cause).toBeDefined();
  });

  it('on a real adapter is named too, and the next load compiles', async () => {
    const faulty = new FaultyDevice((await testGpu()).device);
    faulty.arm('createShaderModule', 1, 'corrupt');
    expect(((await failure(load(faulty))) as DepthwiseError).message).toContain(`Kernel ${faulty.corrupted}`);
    const model = await load(faulty);
    await use(model, 0);
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });
});
