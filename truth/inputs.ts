import { fillOf, sample, type Fill, type KernelCase, type KernelSpec, type Tensor } from '../src/kernels/spec.js';
import { byteLength, numel, type DType, type TensorType } from '../src/tensor.js';
import { decode, toHalf } from '../src/weights/format/decode.js';
import { random } from './random.js';

/** A seeded input as it lies in a buffer or texture. */
export interface Stored {
  readonly type: TensorType;
  /** Padded to the buffer's size; RGBA bytes of a texture. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Types of a case's inputs in f32 or in half precision, without their values. */
export function inputTypes(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean): Record<string, TensorType> {
  const halves = kase.half || spec.half;
  const dtype = (name: string): DType => spec.dtypes?.[name] ?? (half && halves.includes(name) ? 'f16' : 'f32');
  return Object.fromEntries(Object.entries(kase.inputs).map(([name, shape]) => [name, { dtype: dtype(name), shape }]));
}

/** Attributes of a case in f32 or in half precision. */
export function attrsOf(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean): unknown {
  return half ? spec.halfAttrs?.(kase.attrs) : kase.attrs;
}

/** Seeded inputs of a case in their storage types. Large shapes fit in memory: nothing is held in f64. */
export function storedInputs(
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  half: boolean,
  seed = 1,
): Record<string, Stored> {
  const next = random(seed);
  return Object.fromEntries(
    Object.entries(inputTypes(spec, kase, half)).map(([name, type]) => [name, stored(type, fillOf(kase, name), next)]),
  );
}

/** Seeded inputs of a case as the reference sees them, rounded to their storage types. */
export function makeInputs(
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  half: boolean,
  seed = 1,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(storedInputs(spec, kase, half, seed)).map(([name, input]) => [name, tensorOf(input)]),
  );
}

function stored(type: TensorType, fill: Fill, next: () => number): Stored {
  const count = numel(type.shape);
  if (type.dtype === 'texture') {
    const bytes = new Uint8Array(4 * count);
    for (let i = 0; i < bytes.length; i++) bytes[i] = 256 * next();
    return { type, bytes };
  }
  const bytes = new Uint8Array(byteLength(type));
  if (type.dtype === 'u32') {
    const words = new Uint32Array(bytes.buffer, 0, count);
    for (let i = 0; i < count; i++) words[i] = typeof fill === 'function' ? fill(next, i) : 2 ** 32 * next();
    return { type, bytes };
  }
  const values = type.dtype === 'f32' ? new Float32Array(bytes.buffer, 0, count) : new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = sample(fill, next, i);
  if (type.dtype === 'f16') bytes.set(new Uint8Array(toHalf(values).buffer));
  return { type, bytes };
}

/** Values of a buffer's bytes. */
export function valuesOf({ dtype, shape }: TensorType, bytes: Uint8Array<ArrayBuffer>): ArrayLike<number> {
  if (dtype === 'texture') return Float32Array.from(bytes, (byte) => byte / 255);
  if (dtype === 'u32') return new Uint32Array(bytes.buffer, bytes.byteOffset, numel(shape));
  const used = bytes.subarray(0, numel(shape) * (dtype === 'f16' ? 2 : 4));
  return decode({ name: 'values', dtype: dtype === 'f16' ? 'F16' : 'F32' }, used);
}

/** An input as the reference sees it. */
export function tensorOf({ type, bytes }: Stored): Tensor {
  return {
    type,
    data:
      type.dtype === 'texture'
        ? Float64Array.from(bytes, (byte) => byte / 255)
        : Float64Array.from(valuesOf(type, bytes)),
  };
}

/** A tensor of the reference as it lies in a buffer or texture. */
export function storedOf({ type, data }: Tensor): Stored {
  if (type.dtype === 'texture') return { type, bytes: Uint8Array.from(data, (value) => Math.round(255 * value)) };
  const bytes = new Uint8Array(byteLength(type));
  const values = type.dtype === 'u32' ? new Uint32Array(data) : new Float32Array(data);
  bytes.set(new Uint8Array(type.dtype === 'f16' ? toHalf(values as Float32Array).buffer : values.buffer));
  return { type, bytes };
}
