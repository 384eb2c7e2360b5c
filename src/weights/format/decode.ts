import { quote, WeightsFormatError } from '../../errors.js';
import type { TensorDType, TensorEntry } from './tensor_table.js';

/** Element types that can be weights. */
export const WEIGHT_DTYPES: ReadonlySet<TensorDType> = new Set(['F32', 'F16', 'BF16', 'F64']);

/** What the values of a tensor look like; NaN and infinities are counted as non-finite and left out of `maxAbs`. */
export interface ValueScan {
  readonly nonFinite: number;
  /** Index of the first value that is not finite, or -1. */
  readonly firstNonFinite: number;
  readonly maxAbs: number;
}

/** Largest finite half. */
const HALF_MAX = 65504;
/** From here up, round-to-nearest-even gives infinity: halfway between 65504 and the 65536 that a half cannot hold. */
const HALF_OVERFLOW = 65520;

/**
 * Values of a tensor as f32, from little-endian bytes at any alignment. F32 and F16 and BF16 are exact, F64 is rounded.
 * The result may share memory with `bytes`.
 * @throws WeightsFormatError `WEIGHTS_DTYPE` for an element type that is not a float of at least 16 bits
 */
export function decode(entry: Pick<TensorEntry, 'name' | 'dtype'>, bytes: Uint8Array, source = ''): Float32Array {
  switch (entry.dtype) {
    case 'F32': {
      const { buffer, byteOffset } = aligned(bytes, 4);
      return new Float32Array(buffer, byteOffset, bytes.length / 4);
    }
    case 'F16': {
      const codes = u16(bytes);
      const table = halfTable();
      const values = new Float32Array(codes.length);
      for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]!]!;
      return values;
    }
    case 'BF16': {
      const codes = u16(bytes);
      const bits = new Uint32Array(codes.length);
      for (let i = 0; i < codes.length; i++) bits[i] = codes[i]! << 16;
      return new Float32Array(bits.buffer);
    }
    case 'F64': {
      const { buffer, byteOffset } = aligned(bytes, 8);
      return new Float32Array(new Float64Array(buffer, byteOffset, bytes.length / 8));
    }
    default:
      throw new WeightsFormatError(
        'WEIGHTS_DTYPE',
        `${source}: tensor ${quote(entry.name)} holds ${entry.dtype} values, which cannot be weights.`,
        {
          source,
          tensor: entry.name,
          expected: [...WEIGHT_DTYPES],
          actual: entry.dtype,
        },
      );
  }
}

/** Looks at every value once. */
export function scanValues(values: Float32Array): ValueScan {
  let nonFinite = 0;
  let firstNonFinite = -1;
  let maxAbs = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude < Infinity) {
      if (magnitude > maxAbs) maxAbs = magnitude;
    } else {
      if (nonFinite === 0) firstNonFinite = i;
      nonFinite++;
    }
  }
  return { nonFinite, firstNonFinite, maxAbs };
}

/**
 * Refuses NaN and infinities, which a GPU may turn into anything.
 * @returns the scan, whose `maxAbs` of 0 tells an all-zero tensor
 * @throws WeightsFormatError `WEIGHTS_NON_FINITE` naming tensor, first index and count
 */
export function checkFinite(name: string, values: Float32Array, source = ''): ValueScan {
  const scan = scanValues(values);
  if (scan.nonFinite > 0) {
    const { firstNonFinite: index, nonFinite: count } = scan;
    throw new WeightsFormatError(
      'WEIGHTS_NON_FINITE',
      `${source}: tensor ${quote(name)} has ${count} of ${values.length} values that are not finite, the ` +
        `first at index ${index} (${values[index]}).`,
      { source, tensor: name, expected: 'finite values', actual: { index, count } },
    );
  }
  return scan;
}

/**
 * Refuses values that a half cannot hold.
 * @param scan of the same values
 * @throws WeightsFormatError `WEIGHTS_F16_RANGE` naming tensor and the largest magnitude
 */
export function checkHalfRange(name: string, scan: ValueScan, source = ''): void {
  if (scan.maxAbs < HALF_OVERFLOW) return;
  throw new WeightsFormatError(
    'WEIGHTS_F16_RANGE',
    `${source}: tensor ${quote(name)} reaches ${scan.maxAbs}; half precision ends at ${HALF_MAX}. ` +
      `Load the model with f32 precision.`,
    { source, tensor: name, limit: 'f16 range', expected: HALF_MAX, actual: scan.maxAbs },
  );
}

/** Codes of the nearest halves, ties to even. Values from 65520 up become infinity, NaN stays NaN. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const codes = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const magnitude = bits[i]! & 0x7fff_ffff;
    if (magnitude > 0x7f80_0000) codes[i] = sign | 0x7e00;
    else if (magnitude >= 0x477f_f000) codes[i] = sign | 0x7c00;
    else if (magnitude >= 0x3880_0000)
      codes[i] = sign | ((magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    else codes[i] = sign | roundHalfEven(Math.abs(values[i]!) * 2 ** 24);
  }
  return codes;
}

/** Float value of a half's code. */
export function fromHalf(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >>> 10) & 31;
  const fraction = code & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

let halves: Float32Array | undefined;

function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, code) => fromHalf(code));
  return halves;
}

function u16(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset } = aligned(bytes, 2);
  return new Uint16Array(buffer, byteOffset, bytes.length / 2);
}

/**
 * The same bytes where a typed array of `size`-byte elements can view them. Every platform with WebGPU is
 * little-endian.
 */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}
