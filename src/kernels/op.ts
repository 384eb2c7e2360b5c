import type { DeviceFacts } from '../gpu/gpu.js';
import { opened } from '../parts.js';
import type { TensorType } from '../tensor.js';
import type { Probes } from './probe.js';

/** Values for the tunables of a WGSL file: numbers and booleans for `const`, type names for `alias`. */
export type Tunables = Readonly<Record<string, string | number | boolean>>;

/** WGSL text or, of kernels that not every page runs, how to fetch it when one is compiled. */
export type ShaderFile = string | (() => Promise<string>);

/** One way to compute an op for given types: WGSL text, its tunables, its uniforms and how many workgroups run. */
export interface Kernel {
  /** The file with the entry point, then the files it includes. */
  readonly files: readonly ShaderFile[];
  readonly tunables: Tunables;
  /** Values of the uniform fields, by the names used in WGSL. */
  readonly params: Readonly<Record<string, number>>;
  /** Number of workgroups; more than 65,535 are folded to two dimensions, and kernels count linearly. */
  readonly workgroups: number;
  /** Invocations of a subgroup that the text counts on: it runs only where `DeviceFacts.subgroupSize` is this. */
  readonly subgroupSize?: number;
  /** Invocations that every subgroup has at least: the text takes any more. */
  readonly leastSubgroupSize?: number;
  /** Invocations of a workgroup, where they are more than the 128 that every device takes. */
  readonly invocations?: number;
  /** Whether it is for devices alone of whose facts `slim` is one. */
  readonly slim?: boolean;
}

/** What a loader, a store or another included file adds to a kernel. */
export type Include = Omit<Kernel, 'workgroups'>;

export type Types = Readonly<Record<string, TensorType | undefined>>;

/** Work done by one application of an op; bytes follow from the types. */
export interface Cost {
  /** 2 × multiply-adds. */
  readonly flops: number;
}

/** One of an op's kernels. */
export interface OpKernel<In extends Types = Types, Out extends Types = Types, Attrs = unknown> {
  readonly name: string;
  /** Adapters that it is for: no rule picks it on others, and a GPU never tries one for CPU adapters. */
  readonly on: 'any' | 'cpu' | 'gpu';
  /** The kernel for some types; undefined where it does not fit. */
  make(inputs: In, attrs: Attrs, outputs: Out): Kernel | undefined;
  /** Whether a device of those is better off with it than with the safe kernel, where it fits; left out: never. */
  prefer?(inputs: In, attrs: Attrs, outputs: Out, facts: DeviceFacts): boolean;
  /** The kernel that it may do better than: a GPU tries it only where the rule picks that. */
  readonly twinOf?: string;
}

/**
 * An op declared once: shape rule, kernels and cost. Graph, plan, executor, tests, bench and profiler read it.
 * Input and output names are the binding names in WGSL.
 */
export interface Op<In extends Types = Types, Out extends Types = Types, Attrs = unknown> {
  readonly name: string;
  /** Types of the outputs. Throws a UsageError naming both shapes when the inputs do not fit. */
  infer(inputs: In, attrs: Attrs): Out;
  /**
   * The first is the safe one: it fits wherever the op does, asks least of a driver, and does the work of one that a
   * device drops. The rule picks the first of the others that is preferred, fits and runs.
   */
  readonly kernels: readonly OpKernel<In, Out, Attrs>[];
  /** What tells whether a kernel computes rightly; needed where a GPU has several kernels to choose from. */
  readonly probes?: () => Promise<Probes<Attrs>>;
  /** Those that the attributes of a node bring along, for the includes that they name. */
  probesOf?(attrs: Attrs): Probes<Attrs> | undefined;
  cost(inputs: In, attrs: Attrs, outputs: Out): Cost;
}

/**
 * Declares an op, with the types of its inputs, attributes and outputs. Before each of its kernels for GPUs that a
 * rule may pick comes a slim twin: the same with smaller tiles, which fits nothing before `parts.slim` is there.
 */
export function defineOp<In extends Types, Attrs, Out extends Types = { y: TensorType }>(
  op: Op<In, Out, Attrs>,
): Op<In, Out, Attrs> {
  const kernels = op.kernels.flatMap((one) => {
    const { on, name, make } = one;
    if (on !== 'gpu' || !one.prefer) return one;
    const twin: typeof make = (...types) => opened.slim?.(op.name, name, make(...types));
    return [{ ...one, name: `slim_${name}`, make: twin }, one];
  });
  return { ...op, kernels };
}

/** Makes of what is said of a product or a convolution what is said of the op's types, which `of` makes it of. */
export function formsOf<In, Attrs, Of>(of: (inputs: In, attrs: Attrs, y: TensorType) => Of) {
  return <R>(form: (of: Of, facts: DeviceFacts) => R) =>
    (inputs: In, attrs: Attrs, { y }: { y: TensorType }, ...facts: readonly DeviceFacts[]) =>
      form(of(inputs, attrs, y), ...(facts as [DeviceFacts]));
}

/** Names of an op's kernels, the safe one first. */
export function kernelNames({ kernels }: { readonly kernels: readonly { readonly name: string }[] }): string[] {
  return kernels.map(({ name }) => name);
}

/** The kernel of a name for some types; undefined where it does not fit, or there is none. */
export function makeKernel<In extends Types, Out extends Types, Attrs>(
  { kernels }: Op<In, Out, Attrs>,
  name: string,
  inputs: In,
  attrs: Attrs,
  outputs: Out,
): Kernel | undefined {
  return kernels.find((kernel) => kernel.name === name)?.make(inputs, attrs, outputs);
}

/** Name of the kernel that an op's rule picks for a device. */
export function ruleKernel<In extends Types, Out extends Types, Attrs>(
  { kernels }: Op<In, Out, Attrs>,
  inputs: In,
  attrs: Attrs,
  outputs: Out,
  facts: DeviceFacts,
): string {
  const here = facts.software ? 'cpu' : 'gpu';
  const preferred = kernels.find((kernel) => {
    if (kernel.on !== 'any' && kernel.on !== here) return false;
    if (!kernel.prefer?.(inputs, attrs, outputs, facts)) return false;
    const made = kernel.make(inputs, attrs, outputs);
    return made !== undefined && runsOn(made, facts);
  });
  return ((preferred ?? kernels[0]) as OpKernel).name;
}

/** Whether a device can run a kernel that applies. */
export function runsOn(
  { subgroupSize, leastSubgroupSize = 0, invocations = 0, slim }: Kernel,
  facts: DeviceFacts,
): boolean {
  return (
    (!slim || facts.slim) &&
    (subgroupSize ?? facts.subgroupSize) === facts.subgroupSize &&
    facts.subgroupSize >= leastSubgroupSize &&
    facts.invocations >= invocations
  );
}

/** Largest number of workgroups WebGPU allows in one dimension. */
export const MAX_WORKGROUPS = 65535;

/** Folds a linear workgroup count to at most two dimensions; kernels skip the surplus. */
export function foldWorkgroups(count: number): readonly [number, number] {
  const rows = Math.max(1, Math.ceil(count / MAX_WORKGROUPS));
  return [Math.ceil(count / rows), rows];
}
