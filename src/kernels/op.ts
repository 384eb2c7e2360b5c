import type { DeviceFacts } from '../gpu/gpu.js';
import type { TensorType } from '../tensor.js';
import type { Tunables } from './specialize.js';

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
}

/** What a loader, a store or another included file adds to a kernel. */
export type Include = Omit<Kernel, 'workgroups'>;

export type Types = Readonly<Record<string, TensorType | undefined>>;

/** Work done by one application of an op; bytes follow from the types. */
export interface Cost {
  /** 2 × multiply-adds. */
  readonly flops: number;
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
   * Kernels by name; each is undefined where it does not apply. The first that applies is the
   * safe one: it asks least of a driver, and does the work of one that a device drops.
   */
  readonly kernels: Readonly<Record<string, (inputs: In, attrs: Attrs, outputs: Out) => Kernel | undefined>>;
  /** Kernels made for CPU adapters: a GPU never tries them. */
  readonly cpuKernels?: readonly string[];
  /** Name of the kernel to use on a device. */
  choose(inputs: In, attrs: Attrs, facts: DeviceFacts): string;
  cost(inputs: In, attrs: Attrs, outputs: Out): Cost;
}

/** Declares an op; without `choose`, the first kernel is used. */
export function defineOp<In extends Types, Attrs, Out extends Types = { y: TensorType }>(
  op: Omit<Op<In, Out, Attrs>, 'choose'> & Partial<Pick<Op<In, Out, Attrs>, 'choose'>>,
): Op<In, Out, Attrs> {
  const first = Object.keys(op.kernels)[0] as string;
  return { choose: () => first, ...op };
}

/** Whether a device can run a kernel that applies. */
export function runsOn({ subgroupSize, leastSubgroupSize = 0 }: Kernel, facts: DeviceFacts): boolean {
  return (subgroupSize ?? facts.subgroupSize) === facts.subgroupSize && facts.subgroupSize >= leastSubgroupSize;
}

/** Largest number of workgroups WebGPU allows in one dimension. */
export const MAX_WORKGROUPS = 65535;

/** Folds a linear workgroup count to at most two dimensions; kernels skip the surplus. */
export function foldWorkgroups(count: number): readonly [number, number] {
  const rows = Math.max(1, Math.ceil(count / MAX_WORKGROUPS));
  return [Math.ceil(count / rows), rows];
}
