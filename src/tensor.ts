import type { ErrorCode } from './error_codes.js';
import { UsageError } from './errors.js';

/**
 * Element type of a stored tensor. `f16` is for storage: kernels accumulate in f32, packed ones after short runs.
 * `texture` stands for a texture of shape [H,W] that the caller binds at each run.
 */
export type DType = 'f32' | 'f16' | 'u32' | 'texture';

/**
 * Type of a tensor. Maps are [H,W,C] with C a multiple of 4, tokens [T,C], single-channel maps [H,W].
 * A token tensor [H·W,C] and a map [H,W,C] are the same memory.
 */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

const BYTES: Record<DType, number> = { f32: 4, f16: 2, u32: 4, texture: 0 };

/** Number of elements of a shape. */
export function numel(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

/** Bytes a tensor takes in a buffer, rounded up to a whole vec4<f32> so that every binding is legal. */
export function byteLength({ dtype, shape }: TensorType): number {
  return Math.ceil((numel(shape) * BYTES[dtype]) / 16) * 16;
}

/** Sides and channels of a map [H,W,C]. @throws UsageError `SHAPE_MISMATCH` for a tensor of another rank */
export function map3(type: TensorType): readonly [H: number, W: number, C: number] {
  ensureTypes('map', { x: type }, type.shape.length === 3, '[H,W,C]');
  return type.shape as [number, number, number];
}

/** Rows and channels of tokens [T,C]. @throws UsageError `SHAPE_MISMATCH` for a tensor of another rank */
export function tokens2(type: TensorType): readonly [T: number, C: number] {
  ensureTypes('tokens', { x: type }, type.shape.length === 2, '[T,C]');
  return type.shape as [number, number];
}

/** A tensor type for messages: `f32[37,37,64]`. */
export function show({ dtype, shape }: TensorType): string {
  return `${dtype}[${shape.join(',')}]`;
}

/** Throws a shape error, naming some types of an op and what was expected of them, when they do not fit. */
export function ensureTypes(
  op: string,
  types: Readonly<Record<string, TensorType | undefined>>,
  fit: boolean,
  expected: string,
): void {
  const listed = () =>
    Object.entries(types)
      .map(([name, type]) => `${name} is ${type ? show(type) : 'absent'}`)
      .join(', ');
  ensure(fit, () => `${op}: ${listed()}, expected ${expected}.`);
}

/** Throws a shape error when `condition` is false; `message` is built only then. */
export function ensure(
  condition: boolean,
  message: () => string,
  code: ErrorCode = 'SHAPE_MISMATCH',
): asserts condition {
  if (!condition) throw new UsageError(code, message(), { phase: 'build' });
}
