import { describe, expect, it } from 'vitest';
import { attention } from '../../../src/kernels/attention.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { conv2d } from '../../../src/kernels/conv2d.js';
import { layerNorm } from '../../../src/kernels/layer_norm.js';
import { colorize } from '../../../src/kernels/colorize.js';
import { loadDepthModel } from '../../../src/index.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { checkKernel, checkSound } from '../../../src/tuning/known_answer.js';
import { kernelNames } from '../../../src/kernels/op.js';
import type { KernelSpec } from '../../../src/kernels/spec.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { isLong } from '../../kernels/kernel_tests.js';
import { specs } from '../../../truth/specs.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { askAttention } from './attention_answers.js';
import { rejection } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
/** `colorize` has no known answers. */
const OPS = [gemm, colorize, conv2d, attention, layerNorm];
const UNSOUND = { name: 'GpuUnavailableError', code: 'GPU_UNSOUND' };

/** A sum of products in the WGSL of the product kernels. */
const SUM = /(acc\[[^\]]+\]) \+= ([^;]+);|return sum \+ ([^;]+);/g;
const HALF =
  '\nfn half(v: vec4f) -> vec4f { return vec4f(unpack2x16float(pack2x16float(v.xy)), ' +
  'unpack2x16float(pack2x16float(v.zw))); }';

/** Rounds a sum of products to f16. */
function rounded(_: string, acc: string | undefined, product: string, added: string): string {
  return acc ? `${acc} = half(${acc} + ${product});` : `return half(sum + ${added});`;
}

async function faultyGpu(): Promise<FaultyDevice> {
  return new FaultyDevice((await testGpu()).device);
}

describe('checkSound', () => {
  it.each(['f32', 'f16'] as const)('passes in %s on an adapter that computes, and leaves nothing', async (storage) => {
    const faulty = await faultyGpu();
    if (storage === 'f16') expect(faulty.device.features.has('shader-f16'), 'lavapipe has shader-f16').toBe(true);
    await checkSound(Gpu.adopt(faulty.device), storage, OPS);
    expect(faulty.held).toEqual(EMPTY);
    expect(faulty.calls.get('submit')).toBe(12);
  });

  it.each([
    ['gemm', 0, 1],
    ['conv2d', 1, 1],
    ['attention', 2, 1],
    ['layer_norm', 3, 1],
    ['gemm', 4, 2],
    ['layer_norm', 11, 3],
  ])('names %s when answer %i is off in its last value, in run %i', async (kernel, at, run) => {
    const faulty = await faultyGpu();
    let reads = 0;
    faulty.onRead = (mapped) => {
      const values = new Float32Array(mapped);
      if (reads++ === at) values[values.length - 1] = 1.001 * values[values.length - 1]! + 0.01;
    };
    const error = await rejection(checkSound(Gpu.adopt(faulty.device), 'f32', OPS));
    expect(error).toMatchObject(UNSOUND);
    expect(error.message).toContain(`kernel "${kernel}", run ${run},`);
    expect(error.message).toContain('llvmpipe');
    expect(faulty.held).toEqual(EMPTY);
  });

  it('finds a GPU that keeps to its first inputs', async () => {
    const faulty = await faultyGpu();
    let writes = 0;
    const queue = new Proxy(faulty.device.queue, {
      get: (target, key) => (key === 'writeBuffer' && writes++ > 11 ? () => undefined : Reflect.get(target, key)),
    });
    const device = new Proxy(faulty.device, {
      get: (target, key) => (key === 'queue' ? queue : Reflect.get(target, key)),
    });
    expect((await rejection(checkSound(Gpu.adopt(device), 'f32', OPS))).message).toContain('run 2');
  });

  it.each(['gemm', 'conv2d'])('finds %s adding up in f16', async (kernel) => {
    const faulty = await faultyGpu();
    let rewritten = 0;
    faulty.rewrite = (code, label) => {
      if (!label.startsWith(`${kernel}/`)) return code;
      rewritten += code.match(SUM)?.length ?? 0;
      return code.replace(SUM, rounded) + HALF;
    };
    const error = await rejection(checkSound(Gpu.adopt(faulty.device), 'f32', OPS));
    expect(rewritten).toBeGreaterThan(0);
    expect(error.message).toContain(`kernel "${kernel}", run 1,`);
  });
});

describe('checkKernel', () => {
  it('asks each kernel at three sizes, in turn over the same buffers, and leaves nothing', async () => {
    const faulty = await faultyGpu();
    const gpu = Gpu.adopt(faulty.device);
    for (const op of [gemm, conv2d]) expect(await checkKernel(gpu, 'f32', op, 'registers')).toBe(true);
    expect(faulty.calls.get('submit')).toBe(18);
    expect(faulty.held).toEqual(EMPTY);
    expect([
      await checkKernel(gpu, 'f32', gemm, 'nothing'),
      await checkKernel(gpu, 'f32', colorize, 'registers'),
    ]).toEqual([false, false]);
  });
});

describe('the known answers of products in other places', () => {
  const named = (name: string) => (specs.find(({ op }) => op.name === name) as KernelSpec).op;
  const kernels = ['transposed_conv', 'patch_embed'].flatMap((op) => kernelNames(named(op)).map((name) => [op, name]));

  it.each(kernels)('are those of %s/%s', async (op, kernel) => {
    const gpu = Gpu.adopt((await testGpu()).device);
    expect(await checkKernel(gpu, 'f16', named(op as string), kernel as string)).toBe(true);
  });

  it.each([gemm.name, 'transposed_conv'])('find a packed %s that leaves sums past f16 as they are', async (name) => {
    const faulty = await faultyGpu();
    let rewritten = 0;
    faulty.rewrite = (code) => code.replace(/if \(!all\(abs\(sum\)[^{]*\{/, () => (rewritten++, 'if (false) {'));
    const asked = checkKernel(Gpu.adopt(faulty.device), 'f16', named(name), 'packed');
    expect(await rejection(asked)).toMatchObject(UNSOUND);
    expect(rewritten).toBeGreaterThan(0);
  });

  it.each(['transposed_conv', 'patch_embed'])('find %s adding up in f16, and in a wrong place', async (name) => {
    const op = named(name);
    expect(await checkKernel(Gpu.adopt((await faultyGpu()).device), 'f32', op, 'registers')).toBe(true);
    const wrong = [
      (code: string) => code.replace(SUM, rounded) + HALF,
      (code: string) => code.replace(/\by\[([^;]*)\] = /g, 'y[($1) ^ 1] = '),
    ];
    for (const rewrite of wrong) {
      const faulty = await faultyGpu();
      faulty.rewrite = (code) => rewrite(code);
      expect(rewrite('y[a] = b; acc[0] += c;')).not.toBe('y[a] = b; acc[0] += c;');
      const error = await rejection(checkKernel(Gpu.adopt(faulty.device), 'f32', op, 'registers'));
      expect(error).toMatchObject(UNSOUND);
      expect(error.message).toContain(`kernel "${name}/registers", run 1,`);
    }
  });
});

describe('the known answers that windows and grids bring along', () => {
  const spec = specs.find(({ op }) => op === attention) as KernelSpec;
  const names = kernelNames(attention).filter((kernel) => !isLong(spec, kernel));

  it.each(names)('are those of %s', async (kernel) => {
    for (const where of ['windows', 'grid'] as const) {
      const faulty = await faultyGpu();
      expect(await askAttention(faulty.device, where, kernel)).toBe(true);
      // Three runs of two probes of the op, and of one that is brought along once.
      if (kernel === 'registers') expect(faulty.calls.get('submit')).toBe(9);
    }
  });

  it.each([
    ['windows', 'a mask that is dropped', 'select(0.0, -100.0, q.y != k.y)', '0.0'],
    ['grid', 'a class token seen as a patch', 'classes > 0', 'classes > 2'],
  ] as const)('of %s find %s', async (name, _, from, to) => {
    const faulty = await faultyGpu();
    let found = 0;
    faulty.rewrite = (code) => {
      found += code.split(from).length - 1;
      return code.replace(from, to);
    };
    expect(await rejection(askAttention(faulty.device, name, 'registers'))).toMatchObject(UNSOUND);
    expect(found).toBe(1);
  });
});

describe('loading on an unsound GPU', () => {
  it('in f16 is refused; with auto falls back to f32 with a warning', async () => {
    const { device } = await nullGpu();
    const faulty = new FaultyDevice(device);
    expect(
      await rejection(loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, precision: 'f16' })),
    ).toMatchObject(UNSOUND);
    expect(faulty.held).toEqual(EMPTY);
    const warnings: string[] = [];
    const model = await loadDepthModel(tinyMidas(), {
      device: faulty.device,
      cache: false,
      tuning: 'off',
      onWarning: ({ code }) => warnings.push(code),
    });
    expect(model.info.precision).toBe('f32');
    expect(warnings).toEqual(['GPU_UNSOUND']);
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });

  it('is not looked for where f32 is used', async () => {
    const faulty = new FaultyDevice((await nullGpu()).device);
    (
      await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, tuning: 'off', precision: 'f32' })
    ).dispose();
    expect(faulty.calls.has('submit')).toBe(false);
    const software = await faultyGpu();
    const model = await loadDepthModel(tinyMidas(), { device: software.device, cache: false });
    expect(model.info.precision).toBe('f32');
    expect(software.calls.has('submit')).toBe(false);
    model.dispose();
  });

  it('in f16 on an adapter that computes is done', async () => {
    const { device } = await testGpu();
    const model = await loadDepthModel(tinyMidas(), { device, cache: false, precision: 'f16' });
    expect(model.info.precision).toBe('f16');
    model.dispose();
  });
});
