import type { Kernel, OpKernel, ShaderFile, Types } from '../../src/kernels/op.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { fileText } from '../../src/kernels/specialize.js';
import type { TensorType } from '../../src/tensor.js';
import { specs } from '../../truth/specs.js';

/** What a mutation may look at besides the kernel. */
export interface Application {
  readonly inputs: Types;
  readonly attrs: unknown;
  readonly outputs: Readonly<Record<string, TensorType>>;
}

export type Mutation = (kernel: Kernel, application: Application) => Kernel;

/** A seeded wrong engine: one kernel with one fault. */
export interface KernelMutant {
  /** The fault, in a few words. */
  readonly name: string;
  readonly op: string;
  /** Name of the kernel; the op's first when left out. */
  readonly kernel?: string;
  /** Runs the cases in half precision. */
  readonly half?: true;
  /** The cases that may notice; at least one must. */
  readonly cases: readonly string[];
  readonly mutate: Mutation;
}

/** The spec of a mutant's op. */
export function specOf({ op }: KernelMutant): KernelSpec {
  const spec = specs.find((s) => s.op.name === op);
  if (!spec) throw new Error(`No op is called "${op}".`);
  return spec;
}

/** The name of the kernel that a mutant changes. */
export function kernelOf(mutant: KernelMutant): string {
  return mutant.kernel ?? specOf(mutant).op.kernels[0]!.name;
}

/** The cases that may notice a mutant. */
export function casesOf(mutant: KernelMutant): KernelCase<unknown>[] {
  const spec = specOf(mutant);
  return mutant.cases.map((name) => {
    const kase = spec.cases.find((c) => c.name === name);
    if (!kase) throw new Error(`${spec.op.name} has no case "${name}".`);
    return kase;
  });
}

/** Replaces WGSL text that must stand exactly once in a kernel's files. */
export function replace(from: string, to: string): Mutation {
  return (kernel) => {
    const replaced = async (file: ShaderFile) => {
      const found = (await Promise.all(kernel.files.map(fileText))).join('\n').split(from).length - 1;
      if (found !== 1) throw new Error(`"${from}" stands ${found} times in the kernel, expected once.`);
      return (await fileText(file)).replace(from, () => to);
    };
    return { ...kernel, files: kernel.files.map((file) => () => replaced(file)) };
  };
}

/** Several mutations that make one fault. */
export function all(...mutations: readonly Mutation[]): Mutation {
  return (kernel, application) => mutations.reduce((mutated, mutate) => mutate(mutated, application), kernel);
}

/** Changes uniform values that the kernel has. */
export function params(
  change: (params: Kernel['params'], application: Application) => Record<string, number>,
): Mutation {
  return (kernel, application) => {
    const changed = change(kernel.params, application);
    known(kernel.params, changed);
    return { ...kernel, params: { ...kernel.params, ...changed } };
  };
}

/** Changes tunables that the kernel has. */
export function tunables(changed: Kernel['tunables']): Mutation {
  return (kernel) => {
    known(kernel.tunables, changed);
    return { ...kernel, tunables: { ...kernel.tunables, ...changed } };
  };
}

function known(present: object, changed: object): void {
  for (const [name, value] of Object.entries(changed)) {
    const before = (present as Record<string, unknown>)[name];
    if (before === undefined || before === value)
      throw new Error(`"${name}" is ${String(before)} and would become ${String(value)}.`);
  }
}

/** A spec whose op runs mutated kernels; shapes and reference stay right. */
export function mutated(spec: KernelSpec, mutate: Mutation): KernelSpec {
  const kernels = spec.op.kernels.map((one): OpKernel => ({
    ...one,
    make: (inputs, attrs, outputs) => {
      const kernel = one.make(inputs, attrs, outputs);
      return kernel && mutate(kernel, { inputs, attrs, outputs: outputs as Application['outputs'] });
    },
  }));
  return { ...spec, op: { ...spec.op, kernels } };
}
