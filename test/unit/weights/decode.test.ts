import { describe, expect, test } from 'vitest';
import {
  checkFinite,
  checkHalfRange,
  decode,
  fromHalf,
  scanValues,
  toHalf,
} from '../../../src/weights/format/decode.js';
import { faultOf } from './safetensors_file.js';

/** The half with this code, spelled out from IEEE 754-2008, 3.4: sign, 5 bits of exponent, 10 of fraction. */
function halfByDefinition(code: number): number {
  const digits = code.toString(2).padStart(16, '0');
  const sign = digits[0] === '1' ? -1 : 1;
  const exponent = parseInt(digits.slice(1, 6), 2);
  const fraction = parseInt(digits.slice(6), 2) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
}

const half = (value: number): number => toHalf(Float32Array.of(value))[0]!;
/** Next f32 after a positive one, by its bits. */
const next = (value: number, steps: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = bits[0]! + steps;
  return new Float32Array(bits.buffer)[0]!;
};

describe('halves', () => {
  test('all 65,536 codes decode by the definition', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    const values = decode({ name: 'a', dtype: 'F16' }, new Uint8Array(codes.buffer));
    for (let code = 0; code < 65536; code++) {
      const expected = halfByDefinition(code);
      if (!Object.is(values[code], expected) || !Object.is(fromHalf(code), expected))
        expect(values[code], `code ${code}`).toBe(expected);
    }
  });

  test('all 65,536 codes survive the way to f32 and back', () => {
    const values = Float32Array.from({ length: 65536 }, (_, code) => halfByDefinition(code));
    const codes = toHalf(values);
    for (let code = 0; code < 65536; code++) {
      const isNaN = (code & 0x7c00) === 0x7c00 && (code & 0x3ff) !== 0;
      if (isNaN ? (codes[code]! & 0x7fff) <= 0x7c00 : codes[code] !== code)
        expect(codes[code], `code ${code}`).toBe(code);
    }
  });

  test('every midpoint between neighbours goes to the even one, and its f32 neighbours to the nearer one', () => {
    for (let code = 0; code < 0x7bff; code++) {
      const middle = (halfByDefinition(code) + halfByDefinition(code + 1)) / 2;
      const even = code % 2 === 0 ? code : code + 1;
      const codes = toHalf(Float32Array.of(middle, next(middle, -1), next(middle, 1), -middle));
      if (codes[0] !== even || codes[1] !== code || codes[2] !== code + 1 || codes[3] !== (even | 0x8000)) {
        expect([...codes], `code ${code}`).toEqual([even, code, code + 1, even | 0x8000]);
      }
    }
  });

  test('the ends of the range', () => {
    expect(half(65504)).toBe(0x7bff);
    expect(half(next(65520, -1))).toBe(0x7bff);
    expect(half(65520)).toBe(0x7c00);
    expect(half(-1e30)).toBe(0xfc00);
    expect(half(2 ** -25)).toBe(0);
    expect(half(next(2 ** -25, 1))).toBe(1);
    expect(half(-(2 ** -149))).toBe(0x8000);
    expect(half(next(2 ** -14, -1))).toBe(0x0400);
  });
});

describe('decode', () => {
  const bytesOf = (values: ArrayBufferView): Uint8Array =>
    new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);

  test('S30: any alignment, bit for bit', () => {
    const f32 = Float32Array.of(1.5, -0, 3.1415927, 1e-45, 65504, -(2 ** -126));
    const cases = [
      { dtype: 'F32', bytes: bytesOf(f32), values: [...f32] },
      {
        dtype: 'F16',
        bytes: bytesOf(Uint16Array.of(0x3e00, 0x8000, 0x0001, 0x7bff, 0x3c01)),
        values: [1.5, -0, 2 ** -24, 65504, 1 + 2 ** -10],
      },
      {
        dtype: 'BF16',
        bytes: bytesOf(Uint16Array.of(0x3fc0, 0x8000, 0x0001, 0x7f7f, 0xc049)),
        values: [1.5, -0, 2 ** -133, 3.3895313892515355e38, -3.140625],
      },
      {
        dtype: 'F64',
        bytes: bytesOf(Float64Array.of(1.5, -0, Math.PI, 1 + 2 ** -24)),
        values: [1.5, -0, Math.fround(Math.PI), 1],
      },
    ] as const;
    for (const { dtype, bytes, values } of cases) {
      for (let shift = 0; shift < 8; shift++) {
        const moved = new Uint8Array(bytes.length + shift);
        moved.set(bytes, shift);
        expect([...decode({ name: 'a', dtype }, moved.subarray(shift))], `${dtype} at ${shift}`).toEqual(values);
      }
    }
  });

  test('S31: an odd number of halves, and none', () => {
    expect([...decode({ name: 'a', dtype: 'F16' }, bytesOf(Uint16Array.of(0x3c00, 0x4000, 0x4200)))]).toEqual([
      1, 2, 3,
    ]);
    expect(decode({ name: 'a', dtype: 'BF16' }, new Uint8Array(0)).length).toBe(0);
  });

  test('element types that cannot be weights', () => {
    for (const dtype of ['I64', 'U8', 'BOOL', 'F8_E4M3', 'C64'] as const) {
      const error = faultOf(() => decode({ name: 'a.b', dtype }, new Uint8Array(8), 'net'));
      expect(error).toMatchObject({ code: 'WEIGHTS_DTYPE', tensor: 'a.b', source: 'net', actual: dtype });
    }
  });
});

describe('S36: values', () => {
  test('NaN and infinities, with the first index and the number', () => {
    const values = new Float32Array(100).fill(2);
    expect(checkFinite('w', values)).toEqual({ nonFinite: 0, firstNonFinite: -1, maxAbs: 2 });
    values[17] = NaN;
    values[40] = -Infinity;
    values[99] = Infinity;
    const error = faultOf(() => checkFinite('w', values, 'net'));
    expect(error).toMatchObject({
      code: 'WEIGHTS_NON_FINITE',
      tensor: 'w',
      source: 'net',
      actual: { index: 17, count: 3 },
    });
    expect(error.message).toContain('3 of 100');
    expect(error.message).toContain('index 17 (NaN)');
  });

  test('an F64 value too large for f32 is not finite', () => {
    const values = decode({ name: 'w', dtype: 'F64' }, new Uint8Array(Float64Array.of(1e300).buffer));
    expect(faultOf(() => checkFinite('w', values)).code).toBe('WEIGHTS_NON_FINITE');
  });

  test('values past the range of a half, with the largest', () => {
    expect(() => checkHalfRange('w', scanValues(Float32Array.of(65504, next(65520, -1))))).not.toThrow();
    expect(faultOf(() => checkHalfRange('w', scanValues(Float32Array.of(65520)))).code).toBe('WEIGHTS_F16_RANGE');
    const error = faultOf(() => checkHalfRange('w', scanValues(Float32Array.of(1, -70000, 65520)), 'net'));
    expect(error).toMatchObject({
      code: 'WEIGHTS_F16_RANGE',
      tensor: 'w',
      source: 'net',
      expected: 65504,
      actual: 70000,
    });
    expect(error.message).toContain('70000');
  });

  test('an all-zero tensor shows in the scan', () => {
    expect(scanValues(new Float32Array(9)).maxAbs).toBe(0);
    expect(scanValues(Float32Array.of(0, -0, 1e-45)).maxAbs).toBeGreaterThan(0);
  });
});
