import { describe, expect, it } from 'vitest';
import { kernelNames, makeKernel, type OpKernel } from '../../src/kernels/op.js';
import { copiesFor } from '../../bench/cold_caches.js';
import { faultOf } from '../../bench/document.js';
import { inputTypes, storedInputs } from '../../truth/inputs.js';
import { runBench, type BenchHost, type BenchOptions } from '../../bench/run_bench.js';
import { rooflineSvg } from '../../bench/roofline.js';
import { cutTensor, truthOf } from '../../bench/accuracy.js';
import { selfCheck } from '../../bench/self_check.js';
import { withEditedShader } from '../../bench/edited_shader.js';
import { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { nodeGpu } from '../../src/node/gpu.js';
import type { TensorType } from '../../src/tensor.js';
import { specs } from '../../truth/specs.js';

const specOf = (name: string): KernelSpec => specs.find(({ op }) => op.name === name) as KernelSpec;

const instance = nodeGpu();
const host: BenchHost = {
  requestGpu: async () => Gpu.request({ gpu: await instance }),
  files: {
    fixtures: () => Promise.reject(new Error('not asked for')),
    tensors: () => Promise.reject(new Error('not asked for')),
    recorded: () => Promise.reject(new Error('not asked for')),
  },
  surroundings: { runtime: 'node', os: 'test', versions: {} },
  tool: { version: '0', commit: 'test' },
  print: () => undefined,
};
const tiny: KernelCase<unknown> = { name: 'tiny', inputs: { x: [33, 32], weight: [32, 24], bias: [24] }, attrs: {} };
const gemm: KernelSpec = { ...specOf('gemm'), perf: [tiny] };
const types = inputTypes(gemm, tiny, false);
const quick: BenchOptions = { sections: ['kernels'], quick: true, samples: 3, rankSoftware: false, specs: [gemm] };

/** Kernels of gemm that devices run which are not slim. */
const names = kernelNames(gemm.op).filter((name) => !name.startsWith('slim_') && name !== 'packed');

describe('runBench', () => {
  it('checks and times one small case, and writes a sound document', async () => {
    const lines: string[] = [];
    const document = await runBench(
      { ...host, print: (line) => lines.push(line) },
      { ...quick, sections: ['ceilings', 'kernels'] },
    );
    expect(faultOf(JSON.parse(JSON.stringify(document)))).toBeUndefined();
    expect(lines[0]).toMatch(/^adapter: /);
    const [result] = document.results;
    expect(document.results).toHaveLength(names.length);
    expect(result).toMatchObject({
      op: 'gemm',
      case: 'tiny',
      dtype: 'f32',
      flops: 2 * 33 * 32 * 24,
      bytes: 4 * (33 * 32 + 32 * 24 + 24 + 33 * 24),
      ok: true,
      checked: 'all outputs',
    });
    expect(result?.ms.n).toBe(3);
    expect(result?.ms.min).toBeGreaterThan(0);
    expect(result?.repeats).toBeGreaterThan(1);
    expect(document.peaks.fmaF32).toBeGreaterThan(0);
    expect(document.peaks.workgroupGBs).toBeGreaterThan(0);
    expect(document.peaks.copyGBs).toBeGreaterThan(0);
    expect(document.peaks.dispatchUs).toBeGreaterThan(0);
    expect(rooflineSvg(document)).toContain('class="kernel"');
  });

  it('finds an edited shader wrong that forgets a factor, and the shipped one right', async () => {
    const kernel = 'gemm/registers';
    const shipped = textOfShipped();
    const code = shipped.replace('a[i], b0, b1', 'a[i], b0, vec4f(1)');
    expect(code).not.toBe(shipped);
    const { results } = await runBench(host, {
      ...quick,
      specs: withEditedShader([gemm], { name: 'edited.wgsl', code, kernel }),
    });
    expect(results.map(({ kernel, ok }) => [kernel, ok])).toEqual([
      ['registers', true],
      ['edited.wgsl', false],
    ]);
    expect(results[0]?.ms.n).toBe(results[1]?.ms.n);
  });

  it('checks a kernel for certain sizes on small cases that it takes', async () => {
    const [registers] = gemm.op.kernels as [OpKernel];
    const make: OpKernel['make'] = (inputs, attrs, outputs) =>
      (inputs['x']?.shape[0] as number) >= 33 ? registers.make(inputs, attrs, outputs) : undefined;
    // A case whose truth is out of reach: the reference is only asked for the others.
    const spec = {
      ...gemm,
      op: {
        ...gemm.op,
        name: 'partless',
        kernels: [{ name: 'rare', on: 'any', make }],
        cost: (inputs: Record<string, TensorType | undefined>) => ({ flops: inputs['x']?.shape[0] === 33 ? 1e9 : 0 }),
      },
    } as unknown as KernelSpec;
    const { results, skipped } = await runBench(host, { ...quick, maxGflop: 2, specs: [spec] });
    expect(skipped).toEqual([]);
    expect(results[0]).toMatchObject({ kernel: 'rare', ok: true });
    expect(results[0]?.checked).toMatch(/^\d small cases, not this one$/);
  });

  it('takes turns on copies of the buffers where caches are to be cold', async () => {
    const { results, protocol } = await runBench(host, {
      ...quick,
      cold: true,
      specs: [{ ...gemm, op: { ...gemm.op, kernels: gemm.op.kernels.slice(0, 1) } }],
    });
    expect(protocol.cold).toBe(true);
    expect(results).toMatchObject([{ copies: 64, ok: true }]);
    expect(results[0]?.ms.min).toBeGreaterThan(0);
    expect([copiesFor(2 ** 30), copiesFor(64 * 2 ** 20), copiesFor(1)]).toEqual([2, 5, 64]);
  });

  it('lists what it leaves out', async () => {
    const { results, skipped } = await runBench(host, { ...quick, maxGflop: 1e-9 });
    expect(results).toEqual([]);
    expect(skipped.map(({ id }) => id)).toEqual([`gemm/${names.join('|')} f32 tiny`]);
  });
});

describe('selfCheck', () => {
  const small = { ...gemm, cases: [tiny] };
  const registers = /^gemm\/(registers|edited)/;

  it('finds the shipped kernel right, and one that forgets a factor wrong', async () => {
    const shipped = textOfShipped();
    const code = shipped.replace('a[i], b0, b1', 'a[i], b0, vec4f(1)');
    const lines: string[] = [];
    const found = await selfCheck(
      { ...host, print: (line) => lines.push(line) },
      { filter: registers, specs: withEditedShader([small], { name: 'edited.wgsl', code, kernel: 'gemm/registers' }) },
    );
    const right = found.filter(({ id }) => id.startsWith('gemm/registers '));
    expect(right.length).toBeGreaterThan(0);
    expect(right.every(({ ok }) => ok)).toBe(true);
    expect(found.filter((one) => !right.includes(one)).map(({ ok }) => ok)).toEqual(right.map(() => false));
    expect(lines).toHaveLength(found.length);
    expect(lines.at(-1)).toMatch(/^WRONG {2}gemm\/edited\.wgsl /);
  });

  it('takes a kernel that does not compile for a wrong one', async () => {
    const specs = withEditedShader([small], {
      name: 'edited.wgsl',
      code: 'this is no shader',
      kernel: 'gemm/registers',
    });
    const [checked] = await selfCheck(host, { filter: /^gemm\/edited/, specs });
    expect(checked).toMatchObject({ ok: false, says: expect.stringContaining('[') });
  });
});

describe('truthOf', () => {
  // A part of the work must give a part of the outputs, or the error of a large shape means nothing.
  for (const name of [
    'gemm',
    'gemm_layer_norm',
    'conv2d',
    'upsampled_conv',
    'transposed_conv',
    'patch_embed',
    'attention',
  ]) {
    it(`follows a part of ${name}`, () => {
      const spec = specOf(name);
      const costly: KernelSpec = { ...spec, op: { ...spec.op, cost: () => ({ flops: Infinity }) } };
      let compared = 0;
      for (const kase of spec.cases.filter(({ name: of }) => !of.startsWith('past'))) {
        const inputs = storedInputs(spec, kase, false);
        const [whole, part] = [truthOf(spec, kase, kase.attrs, inputs), truthOf(costly, kase, kase.attrs, inputs)];
        expect(whole?.says).toBe('all outputs');
        if (!part) continue;
        expect(part?.says).toMatch(/^\d+ of \d+ /);
        for (const [output, { shape, values }] of Object.entries(whole?.expected ?? {})) {
          const kept = cutTensor({ type: { dtype: 'f32', shape }, data: values }, part?.cut);
          compared += Number(kept.data.length < values.length);
          expect(part?.expected[output]?.shape).toEqual(kept.type.shape);
          expect(part?.expected[output]?.values).toEqual(kept.data);
        }
      }
      expect(compared).toBeGreaterThan(0);
    });
  }
});

/** Main file of the shipped gemm/registers. */
function textOfShipped(): string {
  return makeKernel(gemm.op, 'registers', types, {}, gemm.op.infer(types, {}))?.files[0] as string;
}
