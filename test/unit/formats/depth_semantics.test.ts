import { describe, expect, it } from 'vitest';
import { finiteRange, quantize16 } from '../../../src/depth/formats/depth_semantics.js';

describe('finiteRange', () => {
  it('leaves out and counts what is not finite', () => {
    expect(finiteRange(Float32Array.of(NaN, 3, -2, Infinity, 5, -Infinity))).toEqual({ min: -2, max: 5, nonFinite: 3 });
  });

  it('is 0 to 0 where nothing is finite', () => {
    expect(finiteRange(Float32Array.of(NaN, NaN))).toEqual({ min: 0, max: 0, nonFinite: 2 });
  });
});

describe('quantize16', () => {
  it('uses the whole code range and turns back within half a step', () => {
    const values = Float32Array.from({ length: 4097 }, (_, i) => -3 + Math.sin(i) * 40);
    const { codes, scale, offset } = quantize16(values, finiteRange(values));
    expect(Math.min(...codes)).toBe(0);
    expect(Math.max(...codes)).toBe(65535);
    values.forEach((value, i) =>
      expect(Math.abs(offset + scale * codes[i]! - value)).toBeLessThanOrEqual(scale * 0.500001),
    );
  });

  it('saturates and never wraps around', () => {
    const values = Float32Array.of(-1e30, -0.001, 0, 1, 1.001, 2, 3.4e38);
    expect([...quantize16(values, { min: 0, max: 1 }).codes]).toEqual([0, 0, 0, 65535, 65535, 65535, 65535]);
  });

  it('turns a flat map into codes 0 that stand for its value', () => {
    const flat = Float32Array.of(7.25, 7.25);
    const { codes, scale, offset } = quantize16(flat, finiteRange(flat));
    expect([...codes]).toEqual([0, 0]);
    expect({ scale, offset }).toEqual({ scale: 1, offset: 7.25 });
  });

  it('stores what is not finite as code 0', () => {
    const values = Float32Array.of(NaN, 4, Infinity, 8, -Infinity);
    expect([...quantize16(values, finiteRange(values)).codes]).toEqual([0, 0, 0, 65535, 0]);
  });

  it('keeps the greatest range f32 has', () => {
    const values = Float32Array.of(-3.4e38, 0, 3.4e38);
    expect([...quantize16(values, finiteRange(values)).codes]).toEqual([0, 32768, 65535]);
  });
});
