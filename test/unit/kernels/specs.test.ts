import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelNames, ruleKernel, runsOn } from '../../../src/kernels/op.js';
import { byteLength } from '../../../src/tensor.js';
import { inputTypes } from '../../../truth/inputs.js';
import { applies, distinct, instances, kernelOf } from '../../kernels/instances.js';
import { specs } from '../../../truth/specs.js';

const KERNELS = new URL('../../../src/kernels/', import.meta.url);
/** Largest storage binding every WebGPU device has. */
const DEFAULT_BINDING = 128 * 2 ** 20;

async function declaredOps(): Promise<string[]> {
  const files = readdirSync(KERNELS).filter((name) => name.endsWith('.ts') && !name.endsWith('spec.ts'));
  const modules = await Promise.all(
    files.map((name) => import(/* @vite-ignore */ new URL(name, KERNELS).pathname) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module).flatMap((value) => (isOp(value) ? [value.name] : [])));
}

function isOp(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'infer' in value && 'kernels' in value;
}

describe('kernel specs', () => {
  it('exist for every op, once, under its own name', async () => {
    const declared = await declaredOps();
    expect(declared.length).toBeGreaterThanOrEqual(9);
    expect(specs.map((spec) => spec.op.name).sort()).toEqual(declared.sort());
  });

  it.each(specs)('$op.name: cases and perf shapes are named once and differ', ({ cases, perf }) => {
    expect(cases.length).toBeGreaterThanOrEqual(2);
    expect(perf.length).toBeGreaterThanOrEqual(1);
    const all = [...cases, ...perf];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it.each(specs)('$op.name: cases fit the bindings every device has', (spec) => {
    for (const kase of spec.cases) {
      const inputs = inputTypes(spec, kase, false);
      for (const type of [...Object.values(inputs), ...Object.values(spec.op.infer(inputs, kase.attrs))]) {
        expect(byteLength(type as NonNullable<typeof type>), kase.name).toBeLessThanOrEqual(DEFAULT_BINDING);
      }
    }
  });

  it.each(specs)('$op.name: every kernel is reached by two cases', (spec) => {
    for (const name of kernelNames(spec.op))
      expect(spec.cases.filter((kase) => applies(spec, kase, name)).length, name).toBeGreaterThanOrEqual(2);
  });

  it.each(specs)('$op.name: the kernel chosen on a GPU and on a CPU adapter applies', (spec) => {
    for (const kase of [...spec.cases, ...spec.perf]) {
      for (const [software, subgroupSize, invocations] of [
        [false, 32, 256],
        [false, 0, 128],
        [true, 0, 128],
        [true, 4, 256],
        [true, 8, 256],
      ] as const) {
        const facts = { software, f16: true, subgroupSize, lanes: 0, slim: false, invocations };
        const inputs = inputTypes(spec, kase, false);
        const outputs = spec.op.infer(inputs, kase.attrs);
        const name = ruleKernel(spec.op, inputs, kase.attrs, outputs, facts);
        const kernel = kernelOf(spec, kase, name, false);
        expect(
          kernel && runsOn(kernel, facts),
          `${kase.name}: ${name}, software ${software}, subgroups of ${subgroupSize}, ${invocations} invocations`,
        ).toBe(true);
        const on = spec.op.kernels.find((one) => one.name === name)?.on;
        expect(on, kase.name).not.toBe(software ? 'gpu' : 'cpu');
      }
    }
  });

  it.each(specs)(
    '$op.name: is probed on every kernel that a GPU may choose, where there are several',
    async ({ op }) => {
      const choices = op.kernels.filter(({ on }) => on !== 'cpu');
      expect(op.probes !== undefined || choices.length === 1).toBe(true);
      for (const storage of ['f32', 'f16'] as const) {
        const probes = (await op.probes?.())?.(storage) ?? [];
        for (const { name, make } of op.probes ? choices : []) {
          if (name === 'packed' && storage === 'f32') continue;
          const fitting = probes.filter(({ inputs, attrs }) => make(inputs, attrs, op.infer(inputs, attrs)));
          expect(fitting.length, `${name} ${storage}`).toBeGreaterThanOrEqual(1);
        }
      }
    },
  );

  it.each(specs)('$op.name: the safe kernel fits every case, and no two kernels share a name', ({ op, ...spec }) => {
    expect(new Set(kernelNames(op)).size).toBe(op.kernels.length);
    expect(op.kernels[0]?.on).toBe('any');
    for (const kase of [...spec.cases, ...spec.perf]) {
      const inputs = inputTypes({ op, ...spec }, kase, false);
      expect(op.kernels[0]?.make(inputs, kase.attrs, op.infer(inputs, kase.attrs)), kase.name).toBeDefined();
    }
  });

  it.each(specs)('$op.name: work is counted in whole operations', (spec) => {
    for (const kase of [...spec.cases, ...spec.perf]) {
      const inputs = inputTypes(spec, kase, false);
      const { flops } = spec.op.cost(inputs, kase.attrs, spec.op.infer(inputs, kase.attrs));
      expect(Number.isInteger(flops) && flops >= 0, `${kase.name}: ${flops}`).toBe(true);
    }
  });

  it('fold past 65,535 workgroups in at least three ops', async () => {
    const folded = distinct(await instances(specs.map((spec) => ({ ...spec, perf: [] })))).filter(
      ({ kernel }) => kernel.workgroups > 65535,
    );
    expect(new Set(folded.map(({ label }) => label.split('/')[0])).size).toBeGreaterThanOrEqual(3);
  });
});
