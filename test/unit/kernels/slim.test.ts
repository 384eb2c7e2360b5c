import { beforeAll, describe, expect, it } from 'vitest';
import type { DeviceFacts } from '../../../src/gpu/gpu.js';
import { kernelNames, ruleKernel } from '../../../src/kernels/op.js';
import { opened, parts } from '../../../src/parts.js';
import { inputTypes } from '../../../truth/inputs.js';
import { specs } from '../../../truth/specs.js';
import { kernelOf } from '../../kernels/instances.js';

const GPU: DeviceFacts = { software: false, f16: true, subgroupSize: 0, lanes: 0, slim: false, invocations: 256 };
const withKernelsForGpus = specs.filter(({ op }) => op.kernels.some(({ on }) => on === 'gpu'));

beforeAll(() => parts.slim());

describe('slim kernels', () => {
  it('are of every op that has kernels for GPUs, one for each', () => {
    expect(withKernelsForGpus.length).toBeGreaterThanOrEqual(12);
    for (const { op } of withKernelsForGpus) {
      // No rule picks the packed one.
      const names = op.kernels.filter(({ on, twinOf }) => on === 'gpu' && !twinOf).map(({ name }) => name);
      const large = names.filter((name) => !name.startsWith('slim_'));
      expect(names, op.name).toEqual(large.flatMap((name) => [`slim_${name}`, name]));
    }
  });

  it.each(withKernelsForGpus)(
    'of $op.name are picked where the other GPUs have their twins, and only there',
    (spec) => {
      let picked = 0;
      for (const kase of [...spec.cases, ...spec.perf]) {
        const inputs = inputTypes(spec, kase, false);
        const rule = (facts: DeviceFacts) =>
          ruleKernel(spec.op, inputs, kase.attrs, spec.op.infer(inputs, kase.attrs), facts);
        const plain = rule(GPU);
        expect(plain).not.toMatch(/^slim/);
        const twin = `slim_${plain}`;
        const fits = kernelNames(spec.op).includes(twin) && kernelOf(spec, kase, twin, false) !== undefined;
        expect(rule({ ...GPU, slim: true }), kase.name).toBe(fits ? twin : plain);
        if (fits) picked++;
      }
      expect(picked).toBeGreaterThanOrEqual(1);
    },
  );

  it('fit nothing before their part is there', () => {
    const { slim } = opened;
    delete opened.slim;
    try {
      for (const spec of withKernelsForGpus)
        for (const kase of spec.cases)
          for (const name of kernelNames(spec.op).filter((one) => one.startsWith('slim_')))
            expect(kernelOf(spec, kase, name, false)).toBeUndefined();
    } finally {
      if (slim) opened.slim = slim;
    }
  });
});
