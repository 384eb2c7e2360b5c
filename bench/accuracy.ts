import { type Expected, type KernelCase, type KernelSpec, type Tensor } from '../src/kernels/spec.js';
import { numel, type TensorType } from '../src/tensor.js';
import { worstError, type Actual } from '../truth/compare.js';
import type { Accuracy } from './document.js';
import { tensorOf, type Stored } from '../truth/inputs.js';

/** The last entries along one axis of a tensor; `view` splits dimensions where the axis lies inside one. */
interface Cut {
  readonly axis: number;
  readonly keep: number;
  readonly view?: readonly number[];
}

/** A part of an application of an op whose outputs are a part of the whole outputs, so that f64 loops can follow. */
interface Part {
  readonly says: string;
  readonly inputs: Readonly<Record<string, Cut>>;
  /** The same cut of every output. */
  readonly output: Cut;
  readonly attrs: unknown;
}

type Types = Readonly<Record<string, TensorType>>;

/** More multiply-adds of the reference than this take seconds. */
const WHOLE_FLOPS = 3e8;
/** Elements an input may have for the reference, which holds f64. */
const WHOLE_ELEMENTS = 2 ** 24;
const CHANNELS = 4;
const ROWS = 5;

const last = (keep: number): Cut => ({ axis: -1, keep });
const first = (keep: number): Cut => ({ axis: 0, keep });

/** Output channels of a sum over input channels are independent; all other inputs are read whole. */
function channels(cut: readonly string[]): (types: Types, attrs: unknown) => Part {
  return (types, attrs) => ({
    says: `${CHANNELS} of ${types['weight']?.shape.at(-1)} channels`,
    inputs: Object.fromEntries(cut.filter((name) => types[name]).map((name) => [name, last(CHANNELS)])),
    output: last(CHANNELS),
    attrs,
  });
}

function rows(cut: readonly string[]): (types: Types, attrs: unknown) => Part {
  return (types, attrs) => ({
    says: `${ROWS} of ${types['x']?.shape[0]} rows`,
    inputs: Object.fromEntries(cut.map((name) => [name, first(ROWS)])),
    output: first(ROWS),
    attrs,
  });
}

/** None where values are wider or narrower than keys. */
function oneHead({ qkv }: Types, attrs: unknown): Part | undefined {
  const { heads, valueSize } = attrs as { readonly heads: number; readonly valueSize?: number };
  const [T, C3] = qkv?.shape as [number, number];
  if (valueSize !== undefined && 3 * heads * valueSize !== C3) return undefined;
  const view = [T, 3, heads, C3 / 3 / heads];
  return {
    says: `1 of ${heads} heads`,
    inputs: { qkv: { axis: 2, keep: 1, view }, bias: first(1) },
    output: { axis: 1, keep: 1, view: [T, heads, C3 / 3 / heads] },
    attrs: { ...(attrs as object), heads: 1 },
  };
}

const PARTS: Readonly<Record<string, (types: Types, attrs: unknown) => Part | undefined>> = {
  gemm: channels(['weight', 'bias', 'residual', 'gamma']),
  patch_embed: channels(['weight', 'bias', 'residual']),
  // Channels of groups see other channels of the map.
  conv2d: (types, attrs) =>
    ((attrs as { readonly groups?: number }).groups ?? 1) === 1
      ? channels(['weight', 'bias', 'residual', 'low'])(types, attrs)
      : undefined,
  upsampled_conv: channels(['weight', 'bias']),
  gemm_layer_norm: rows(['x', 'residual']),
  transposed_conv: ({ x }, attrs) => {
    const H = x?.shape[0] as number;
    return {
      says: `1 of ${H} rows`,
      inputs: { x: first(1) },
      output: { axis: 0, keep: (attrs as { readonly stride: number }).stride },
      attrs,
    };
  },
  attention: oneHead,
};

/** What the reference says about one application of an op, or a part of it. */
export interface Truth {
  readonly says: string;
  readonly gate: number;
  readonly expected: Readonly<Record<string, Expected>>;
  /** The part of the outputs that is known. */
  readonly cut: Cut | undefined;
}

/**
 * The reference's outputs of a case: all of them where f64 loops finish soon, else those of a part; undefined when
 * neither is within reach.
 */
export function truthOf(
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  attrs: unknown,
  inputs: Readonly<Record<string, Stored>>,
): Truth | undefined {
  const types = Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type]));
  const out = spec.op.infer(types, attrs) as Types;
  const gate = kase.fill === 'positive' ? 2 * spec.gate : spec.gate;
  const part = PARTS[spec.op.name]?.(types, attrs);
  const size = Math.max(
    ...Object.values(types).map(({ shape, dtype }) => numel(shape) * (dtype === 'texture' ? 4 : 1)),
  );
  const whole = spec.op.cost(types, attrs, out).flops <= WHOLE_FLOPS && size <= WHOLE_ELEMENTS;
  if (!whole && !part) return undefined;
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, stored]) => [
      name,
      cutTensor(tensorOf(stored), whole ? undefined : part?.inputs[name]),
    ]),
  );
  const wanted = Object.fromEntries(
    Object.entries(out).map(([name, type]) => [
      name,
      { ...type, shape: cutShape(type.shape, whole ? undefined : part?.output) },
    ]),
  );
  const expected = spec.reference(tensors, whole ? attrs : part?.attrs, wanted);
  return { says: whole ? 'all outputs' : (part as Part).says, gate, expected, cut: whole ? undefined : part?.output };
}

/** Distance of what a kernel gave from the truth. */
export function accuracyOf({ says, gate, expected, cut }: Truth, actual: Readonly<Record<string, Actual>>): Accuracy {
  const known = Object.fromEntries(
    Object.entries(actual).map(([name, { type, values }]) => {
      const part = cutTensor({ type, data: values }, cut);
      return [name, { type: part.type, values: part.data }];
    }),
  );
  const { ratio } = worstError(gate, known, expected);
  let [maxAbsErr, scale] = [0, 0];
  for (const [name, { values }] of Object.entries(expected)) {
    const got = (known[name] as Actual).values;
    for (let i = 0; i < values.length; i++) {
      maxAbsErr = Math.max(maxAbsErr, Math.abs((got[i] as number) - (values[i] as number)));
      scale = Math.max(scale, Math.abs(values[i] as number));
    }
  }
  return {
    maxAbsErr,
    maxRelErr: scale > 0 ? maxAbsErr / scale : maxAbsErr,
    gateRatio: ratio,
    checked: says,
    ok: ratio <= 1,
  };
}

/** The last `keep` entries of a tensor along an axis. */
export function cutTensor({ type, data }: Tensor, cut: Cut | undefined): Tensor {
  if (!cut) return { type, data };
  const view = cut.view ?? type.shape;
  const axis = axisOf(view, cut);
  const [size, inner, outer] = [view[axis] as number, numel(view.slice(axis + 1)), numel(view.slice(0, axis))];
  const keep = Math.min(cut.keep, size);
  const kept = new Float64Array(outer * keep * inner);
  for (let o = 0; o < outer; o++)
    kept.set(data.subarray((o * size + size - keep) * inner, (o + 1) * size * inner), o * keep * inner);
  return { type: { ...type, shape: cutShape(type.shape, cut) }, data: kept };
}

/** The shape of a cut tensor: the first or the last dimension shrinks. */
function cutShape(shape: readonly number[], cut: Cut | undefined): readonly number[] {
  if (!cut) return shape;
  const view = cut.view ?? shape;
  const axis = axisOf(view, cut);
  const size = view[axis] as number;
  const dimension = axis === 0 ? 0 : shape.length - 1;
  return shape.map((d, i) => (i === dimension ? (d * Math.min(cut.keep, size)) / size : d));
}

function axisOf(view: readonly number[], { axis }: Cut): number {
  return axis < 0 ? view.length + axis : axis;
}
