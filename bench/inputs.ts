import { fillOf, sample, type Fill, type KernelCase, type KernelSpec, type Tensor } from '../src/kernels/spec.js';
import { byteLength, numel, type DType, type TensorType } from '../src/tensor.js';
import { decode, toHalf } from '../src/weights/format/decode.js';
import { random } from '../test/random.js';

/** A seeded input as it lies in a buffer or texture. */
export interface Stored {
  readonly type: TensorType;
  /** Padded to the buffer's size; RGBA bytes of a texture. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Seeded inputs of a case in their storage types. Large shapes fit in memory: nothing is held in f64. */
export function storedInputs(spec: KernelSpec, kase: KernelCase<unknown>, half: boolean): Record<string, Stored> {
  const next = random(1);
  const halves = kase.half || spec.half;
  return Object.fromEntries(
    Object.entries(kase.inputs).map(([name, shape]) => {
      const dtype: DType = spec.dtypes?.[name] ?? (half && halves.includes(name) ? 'f16' : 'f32');
      return [name, stored({ dtype, shape }, fillOf(kase, name), next)];
    }),
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
