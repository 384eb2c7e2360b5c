import { describe, expect, it } from 'vitest';
import { truthOf } from '../../../src/eval/disparity.js';
import { score, scoreConfidence } from '../../../src/eval/scores.js';
import { sparsification, sparsificationCurve } from '../../../src/eval/sparsification.js';
import { random } from '../../../truth/random.js';

const next = random(5);
const errors = Float64Array.from({ length: 100 }, (_, i) => i % 10);

describe('sparsification', () => {
  it('of four pixels is the area worked by hand', () => {
    // Dropping from the end: 4 pixels are left in steps 0 to 6, 3 to 18, 2 to 31, 1 to 49; their mean is 2.5.
    const curve = sparsificationCurve(Float64Array.of(1, 4, 2, 3), Float64Array.of(0.9, 0.8, 0.3, 0.1));
    const at = (part: number) => curve[part]! * 2.5;
    expect([at(0), at(6), at(7), at(18), at(19), at(31), at(32), at(49)].map((v) => +v.toFixed(9))).toEqual([
      2.5, 2.5, 2.333333333, 2.333333333, 2.5, 2.5, 1, 1,
    ]);
    const { ause, auseRandom } = sparsification(Float64Array.of(1, 4, 2, 3), Float64Array.of(0.9, 0.8, 0.3, 0.1));
    const oracle = 7 * 2.5 + 12 * 2 + 13 * 1.5 + 18 * 1;
    const found = 7 * 2.5 + 12 * (7 / 3) + 13 * 2.5 + 18 * 1;
    expect(ause).toBeCloseTo((found - oracle) / 2.5 / 50, 12);
    expect(auseRandom).toBeCloseTo(1 - oracle / 2.5 / 50, 12);
  });

  it('is 0 in the order of the errors, that of random where all are as sure, and more in the wrong order', () => {
    const sure = errors.map((error) => -2 * error);
    const { ause, auseRandom } = sparsification(errors, sure);
    expect(ause).toBe(0);
    expect(sparsification(errors, new Float64Array(100)).ause).toBeCloseTo(auseRandom, 12);
    expect(sparsification(errors, errors).ause).toBeGreaterThan(1.5 * auseRandom);
  });

  it('of an estimate looks at the pixels and errors that AbsRel is the mean of', () => {
    const depth = Float64Array.from({ length: 400 }, (_, i) => (i % 50 ? 1 + 9 * next() : 0));
    const truth = truthOf(depth, { kind: 'depth' });
    const estimate = depth.map((z) => (z > 0 ? 1 / (z * (1 + 0.2 * next())) : 7));
    const { absRel } = score(estimate, truth);
    const { ause, auseRandom } = scoreConfidence(new Float64Array(400).fill(0.5), estimate, truth);
    expect(absRel).toBeGreaterThan(0);
    expect(ause).toBeCloseTo(auseRandom, 12);
    const off = estimate.map((d, i) => (depth[i]! > 0 ? -Math.abs(1 / d / depth[i]! - 1.1) : 1e6));
    expect(scoreConfidence(off, estimate, truth).ause).toBeLessThan(auseRandom);
  });
});
