import type { TensorType } from '../tensor.js';
import type { Op, Types } from './op.js';

/** Seeded random data of an input: uniform in [-1,1], in [0,1], or [-1,1] with outliers of ±800. */
export type Fill = 'signed' | 'positive' | 'outliers';

/** A tensor of a case, as the reference sees it: values already rounded to the storage type. */
export interface Tensor {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** What the reference loops say. */
export interface Expected {
  readonly values: Float64Array;
  /** Scale of the rounding error of each value, Σ|aᵢbᵢ| for a sum of products. */
  readonly magnitude: Float64Array;
}

/** One application of an op. */
export interface KernelCase<Attrs> {
  /** Says what is awkward about the sizes. */
  readonly name: string;
  /** Shapes of the inputs, with how they are filled. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Attrs;
  readonly fill?: Fill;
}

/**
 * Truth about an op, never shipped: naive f64 loops that share no code with the kernels, awkward cases and the
 * shapes of the published models. The kernel test, the mutation gate and the bench are derived from it.
 */
export interface KernelSpec<In extends Types = Types, Out extends Types = Types, Attrs = unknown> {
  readonly op: Op<In, Out, Attrs>;
  readonly cases: readonly KernelCase<Attrs>[];
  reference(inputs: Readonly<Record<string, Tensor>>, attrs: Attrs, outputs: Out): Readonly<Record<string, Expected>>;
  /**
   * Largest allowed |y - reference| in units of 2⁻²⁴·magnitude, twice that for one-signed data, whose rounding errors
   * do not cancel; f16 outputs get their own rounding on top.
   */
  readonly gate: number;
  /** Inputs stored as f16 in half precision; the other inputs stay f32. */
  readonly half: readonly string[];
  /** Attributes of the half-precision form of a case; undefined when the op has none. */
  halfAttrs?(attrs: Attrs): Attrs;
  /** Shapes lifted from the published models, for the bench. */
  readonly perf: readonly KernelCase<Attrs>[];
}

/** Infers the type parameters of a spec from its op. */
export function defineSpec<In extends Types, Out extends Types, Attrs>(spec: KernelSpec<In, Out, Attrs>): KernelSpec<In, Out, Attrs> {
  return spec;
}

/** Reads one element as 0 outside the given bounds. */
export function at(data: Float64Array, index: number, inside: boolean): number {
  return inside ? (data[index] as number) : 0;
}
