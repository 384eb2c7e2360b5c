import type { TensorType } from '../tensor.js';
import type { Op, Types } from './op.js';

/**
 * Seeded data of an input: uniform in [-1,1], in [0,1], in [-1,1] with one value in twenty up to ±800, or a formula
 * of the next random number in [0,1) and the flat index.
 */
export type Fill = 'signed' | 'positive' | 'outliers' | ((next: () => number, index: number) => number);

/** A tensor of a case, as the reference sees it: values already rounded to the storage type; four a texel. */
export interface Tensor {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** What the reference loops say about one output. */
export interface Expected {
  /** The reference's own shape rule, compared with that of the op. */
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** Scale of the rounding error of each value, Σ|aᵢbᵢ| for a sum of products. */
  readonly magnitude: Float64Array;
}

/** One application of an op. */
export interface KernelCase<Attrs> {
  /** Says what is awkward about the sizes or values. */
  readonly name: string;
  /** Shapes of the inputs. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Attrs;
  /** How all inputs are filled, or single inputs by name; `signed` when left out. */
  readonly fill?: Fill | Readonly<Record<string, Fill>>;
  /**
   * Inputs stored as f16 in half precision, when they differ from the spec's; false for a case that half precision
   * would only repeat, because a pipeline costs a software adapter up to 2 s.
   */
  readonly half?: false | readonly string[];
  /** Takes a software adapter and the reference 10 s or more: for the long suite. */
  readonly long?: true;
}

/** The inputs of a reference, by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Truth about an op, never shipped: naive f64 loops that share no code with the kernels, awkward cases and the
 * shapes of the published models. The kernel test, the mutation gate and the bench are derived from it.
 */
export interface KernelSpec<In extends Types = Types, Out extends Types = Types, Attrs = unknown> {
  readonly op: Op<In, Out, Attrs>;
  readonly cases: readonly KernelCase<NoInfer<Attrs>>[];
  /** `out` holds the storage types of the outputs; shapes are the reference's own business. */
  reference(inputs: Tensors, attrs: Attrs, out: Out): Readonly<Record<string, Expected>>;
  /**
   * Kernels that a software adapter takes 8 s or more to compile: their cases, and those of their slim twins, are for
   * the long suite.
   */
  readonly longKernels?: readonly string[];
  /**
   * Largest allowed |y - reference| in units of 2⁻²⁴·magnitude, twice that for one-signed data, whose rounding errors
   * do not cancel; f16 outputs get their own rounding on top.
   */
  readonly gate: number;
  /**
   * Products that the packed kernel adds up in f16 before a sum is f32 again. RUN of them and their RUN sums round to
   * 11 bits, so that a run is off by at most 1.01·(RUN + 1)·2⁻¹¹ of Σ|aᵢbᵢ|: that is what it gets on top of the gate.
   * The bound knows no overflow: a sum past f16 has to be computed again in f32.
   */
  readonly run?: number;
  /** Inputs stored as f16 in half precision; the other inputs stay f32. */
  readonly half: readonly string[];
  /**
   * Inputs that are not floats: `texture` [H,W] holds random RGBA bytes, as values 0…1; `u32` random words, or what a
   * `fill` formula says.
   */
  readonly dtypes?: Readonly<Record<string, 'texture' | 'u32'>>;
  /** Texel format of a texture output; the reference gives all its channels. */
  texelFormat?(attrs: Attrs): GPUTextureFormat;
  /** Attributes of a case in half precision; undefined when the op has none. */
  halfAttrs?(attrs: Attrs): Attrs;
  /** Shapes lifted from the published models, for the bench. */
  readonly perf: readonly KernelCase<NoInfer<Attrs>>[];
}

/** Infers the type parameters of a spec from its op. */
export function defineSpec<In extends Types, Out extends Types, Attrs>(
  spec: KernelSpec<In, Out, Attrs>,
): KernelSpec<In, Out, Attrs> {
  return spec;
}

/** What a kernel is held to in a case, in the units of `gate`. */
export function gateOf({ gate, run }: KernelSpec, { fill }: KernelCase<unknown>, kernel: string): number {
  const packed = kernel === 'packed' && run !== undefined ? 1.01 * (run + 1) * 2 ** 13 : 0;
  return (fill === 'positive' ? 2 : 1) * gate + packed;
}

/** An input that the case must have. */
export function need(inputs: Tensors, name: string): Tensor {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`The case has no input "${name}".`);
  return tensor;
}

/** An output to be filled in. */
export function blank(shape: readonly number[]): Expected {
  const size = shape.reduce((n, d) => n * d, 1);
  return { shape, values: new Float64Array(size), magnitude: new Float64Array(size) };
}

/** What a store keeps of a value: f16 saturates at its largest finite number. */
export function saturate(value: number, { dtype }: TensorType): number {
  return dtype === 'f16' ? Math.min(Math.max(value, -65504), 65504) : value;
}

/** How an input of a case is filled. */
export function fillOf({ fill = 'signed' }: KernelCase<unknown>, name: string): Fill {
  return typeof fill === 'object' ? (fill[name] ?? 'signed') : fill;
}

/** The value of one element, from the next random numbers in [0,1). */
export function sample(fill: Fill, next: () => number, index: number): number {
  if (typeof fill === 'function') return fill(next, index);
  if (fill === 'positive') return next();
  const value = 2 * next() - 1;
  return fill === 'outliers' && next() < 0.05 ? 800 * value : value;
}
