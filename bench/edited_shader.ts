import { UsageError } from '../src/errors.js';
import type { OpKernel } from '../src/kernels/op.js';
import type { KernelSpec } from '../src/kernels/spec.js';

/** An edited shader, to be benched beside the one it was edited from. */
export interface EditedShader {
  /** File name, shown as the kernel. */
  readonly name: string;
  readonly code: string;
  /** `op/kernel` whose entry file it replaces; its tunables, uniforms and workgroups stay as they are. */
  readonly kernel: string;
}

/**
 * The one spec that the edited shader belongs to, with two kernels: the shipped one and the edited one.
 * @throws UsageError `OPTION_VALUE` when there is no such op or kernel
 */
export function withEditedShader(specs: readonly KernelSpec[], { name, code, kernel }: EditedShader): KernelSpec[] {
  const [opName = '', kernelName = ''] = kernel.split('/');
  const spec = specs.find(({ op }) => op.name === opName);
  const shipped = spec?.op.kernels.find(({ name }) => name === kernelName);
  if (!spec || !shipped) {
    const names = specs.flatMap(({ op }) => op.kernels.map((one) => `${op.name}/${one.name}`));
    throw new UsageError('OPTION_VALUE', `There is no kernel "${kernel}".`, {
      actual: kernel,
      expected: names,
      hint: `Kernels: ${names.join(', ')}.`,
    });
  }
  const make: OpKernel['make'] = (...application) => {
    const made = shipped.make(...application);
    return made && { ...made, files: [code, ...made.files.slice(1)] };
  };
  return [{ ...spec, op: { ...spec.op, kernels: [shipped, { ...shipped, name, make }] } }];
}
