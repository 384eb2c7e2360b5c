import { type Kernel, makeKernel } from '../../src/kernels/op.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { kernelText } from '../../src/kernels/specialize.js';
import { attrsOf, inputTypes } from '../../truth/inputs.js';

/** A kernel of a case, with no GPU involved. */
export interface Instance {
  /** op/kernel "case" precision */
  readonly label: string;
  readonly kernel: Kernel;
  readonly code: string;
}

/** A kernel for the types of a case; undefined where it is not one for them. */
export function kernelOf(spec: KernelSpec, kase: KernelCase<unknown>, name: string, half: boolean): Kernel | undefined {
  const [inputs, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
  return makeKernel(spec.op, name, inputs, attrs, spec.op.infer(inputs, attrs));
}

/** Whether a kernel is one for the types of a case: a packed one for those in half precision. */
export function applies(spec: KernelSpec, kase: KernelCase<unknown>, name: string): boolean {
  const half = name === 'packed';
  return !(half && kase.half === false) && kernelOf(spec, kase, name, half) !== undefined;
}

/**
 * Every kernel that the cases and perf shapes of some specs ask for, in f32 and, where the op has it, in half
 * precision.
 */
export function instances(specs: readonly KernelSpec[]): Promise<Instance[]> {
  return Promise.all(
    specs.flatMap((spec) =>
      [...spec.cases, ...spec.perf].flatMap((kase) => [false, true].flatMap((half) => instancesOf(spec, kase, half))),
    ),
  );
}

function instancesOf(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean): Promise<Instance>[] {
  if (half && !spec.halfAttrs) return [];
  const [inputs, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
  const outputs = spec.op.infer(inputs, attrs);
  return spec.op.kernels.flatMap(({ name, make }) => {
    const kernel = make(inputs, attrs, outputs);
    const label = `${spec.op.name}/${name} "${kase.name}" ${half ? 'f16' : 'f32'}`;
    return kernel ? [kernelText(kernel).then((code) => ({ label, kernel, code }))] : [];
  });
}

/** The instances whose WGSL differs. */
export function distinct(all: readonly Instance[]): Instance[] {
  return [...new Map(all.map((instance) => [instance.code, instance])).values()];
}
