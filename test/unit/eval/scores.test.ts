import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { truthOf } from '../../../src/eval/disparity.js';
import { ordinalError } from '../../../src/eval/ordinal.js';
import { score, scoreMetric } from '../../../src/eval/scores.js';
import { ascending, correlation, lineThrough, lowQuantile, quantile, ranks } from '../../../src/eval/statistics.js';

const inverse = { kind: 'inverse' } as const;
const numbers = (...values: number[]) => Float64Array.from(values);

describe('truthOf', () => {
  it('reads depth and inverse depth, in any unit', () => {
    expect([...truthOf([2, 4, 0.5], { kind: 'depth' }).disparity]).toEqual([0.5, 0.25, 2]);
    expect([...truthOf([2000, 500], { kind: 'depth', scale: 0.001 }).disparity]).toEqual([0.5, 2]);
    expect([...truthOf([2, 4], { ...inverse, scale: 0.5 }).disparity]).toEqual([1, 2]);
  });

  it('leaves out what is not known: zeros, negatives, NaN and infinities', () => {
    const stored = [1, 0, -1, NaN, Infinity, -Infinity, 4];
    expect([...truthOf(stored, inverse).known]).toEqual([0, 6]);
    expect([...truthOf(stored, { kind: 'depth' }).known]).toEqual([0, 6]);
    expect(truthOf(stored, inverse).disparity[1]).toBeNaN();
  });

  it('takes an inverse depth of 0 for sky where it is said to mean that, and no depth of 0', () => {
    const { disparity, known } = truthOf([1, 0, -1], { ...inverse, zeroIsFar: true });
    expect([disparity[1], [...known]]).toEqual([0, [0, 1]]);
    expect([...truthOf([1, 0], { kind: 'depth', zeroIsFar: true }).known]).toEqual([0]);
  });
});

describe('statistics', () => {
  it('ranks with ties averaged', () => {
    const rank = (...values: number[]) => [...ranks(numbers(...values), ascending(numbers(...values)))];
    expect(rank(30, 10, 20, 10)).toEqual([3, 0.5, 2, 0.5]);
    expect(rank(5, 5, 5)).toEqual([1, 1, 1]);
  });

  it('takes the same quantiles of values that are not sorted', () => {
    for (const count of [1, 2, 3, 10, 101, 1000])
      for (const share of [0, 0.01, 0.5, 0.995, 1]) {
        const values = Float64Array.from({ length: count }, (_, i) => Math.round(50 * Math.sin(i * i)));
        expect(lowQuantile(values.slice(), share), `${count} ${share}`).toBe(quantile(ascending(values), share));
      }
    expect(lowQuantile(numbers(), 0.5)).toBeNaN();
  });

  it('takes quantiles between neighbours', () => {
    expect(quantile(ascending(numbers(4, 1, 3, 2)), 0.5)).toBe(2.5);
    expect(quantile(numbers(0, 10), 0.995)).toBeCloseTo(9.95, 12);
    expect(quantile(numbers(7), 0.5)).toBe(7);
  });

  it('fits a line, and a shift alone where there is nothing to scale', () => {
    expect(lineThrough(numbers(0, 1, 2), numbers(5, 3, 1))).toEqual({ scale: -2, shift: 5 });
    // y = 1, 2, 2 over x = 0, 1, 2: slope 1/2, mean 5/3.
    const { scale, shift } = lineThrough(numbers(0, 1, 2), numbers(1, 2, 2));
    expect(scale).toBeCloseTo(0.5, 12);
    expect(shift).toBeCloseTo(7 / 6, 12);
    expect(lineThrough(numbers(4, 4), numbers(1, 3))).toEqual({ scale: 0, shift: 2 });
  });

  it('correlates, and gives 0 for a constant', () => {
    expect(correlation(numbers(1, 2, 3), numbers(6, 4, 2))).toBeCloseTo(-1, 12);
    expect(correlation(numbers(1, 1, 1), numbers(1, 2, 3))).toBe(0);
  });
});

describe('score', () => {
  it('is perfect for any positive scale and any shift', () => {
    const truth = truthOf([1, 0.5, 0.25, 0.2], inverse);
    const { absRel, rmse, delta, ssi, spearman, ordinal } = score([17, 12, 9.5, 9], truth);
    for (const error of [absRel, rmse, ssi, ordinal]) expect(error).toBeCloseTo(0, 12);
    expect([delta, spearman]).toEqual([1, 1]);
  });

  it('is a number where next to all is sky', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i < 2 ? i + 1 : 0));
    const found = values.map((value, i) => (i === 2 ? 0.5 : -value));
    const scores = score(found, truthOf(values, { ...inverse, zeroIsFar: true }));
    for (const [name, value] of Object.entries(scores)) expect(Number.isFinite(value), name).toBe(true);
  });

  it('is what a hand computes', () => {
    // Disparity 1, 2, 3, 4 estimated as 1, 2, 4, 3: scale 0.8, shift 0.5, aligned 1.3, 2.1, 3.7, 2.9.
    const scores = score([1, 2, 4, 3], truthOf([1, 2, 3, 4], inverse));
    const [depth, aligned] = [
      [1, 1 / 2, 1 / 3, 1 / 4],
      [1 / 1.3, 1 / 2.1, 1 / 3.7, 1 / 2.9],
    ];
    const errors = depth.map((z, i) => aligned[i]! - z);
    expect(scores.absRel).toBeCloseTo(errors.reduce((sum, e, i) => sum + Math.abs(e) / depth[i]!, 0) / 4, 12);
    expect(scores.rmse).toBeCloseTo(Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / 4) / (25 / 48), 12);
    // Ratios 1.3, 1.05, 1.23, 1.38.
    expect(scores.delta).toBe(0.5);
    expect(scores.spearman).toBeCloseTo(0.8, 12);
    // Medians 2.5 and spreads 1 on both sides: residuals 0, 0, 1, 1, of which three are kept.
    expect(scores.ssi).toBeCloseTo(1 / 3, 12);
  });

  it('looks at known pixels only', () => {
    const with_ = score([1, 99, 2, -7, 4, 3], truthOf([1, NaN, 2, 0, 3, 4], inverse));
    expect(with_).toEqual(score([1, 2, 4, 3], truthOf([1, 2, 3, 4], inverse)));
  });

  it('gives -1 and every pair wrong to an estimate that is upside down', () => {
    const { spearman, ordinal } = score([-1, -2, -4, -3], truthOf([1, 2, 4, 3], inverse));
    expect([spearman, ordinal]).toEqual([-1, 1]);
  });

  it('gives no credit to a constant', () => {
    const { spearman, ordinal, delta, ssi } = score([5, 5, 5, 5], truthOf([1, 2, 4, 8], inverse));
    expect([spearman, ordinal]).toEqual([0, 1]);
    expect(delta).toBe(0.25);
    expect(ssi).toBeGreaterThan(0.3);
  });

  const cases = JSON.parse(
    readFileSync(new URL('../../fixtures/eval/metrics.json', import.meta.url), 'utf8'),
  ) as Record<
    string,
    {
      estimate: number[];
      disparity: number[];
      scores: {
        abs_rel: number;
        rmse: number;
        delta: number;
        spearman: number;
        ordinal: number;
        aligned_first: number;
      };
    }
  >;
  it.each(Object.entries(cases))('is what tools/nano/metrics.py computes: %s', (_, { estimate, disparity, scores }) => {
    const truth = truthOf(disparity, { ...inverse, zeroIsFar: true });
    expect(truth.known.length).toBe(disparity.length);
    const { scale, shift } = lineThrough(Float64Array.from(estimate), truth.disparity);
    expect(scale * estimate[0]! + shift).toBeCloseTo(scores.aligned_first, 10);
    const found = score(estimate, truth);
    expect(found.absRel).toBeCloseTo(scores.abs_rel, 9);
    expect(found.rmse).toBeCloseTo(scores.rmse, 9);
    expect(found.delta).toBeCloseTo(scores.delta, 9);
    expect(found.spearman).toBeCloseTo(scores.spearman, 9);
    // Other pairs are drawn there: a share of about 2,500 pairs has a standard deviation of at most 1 %.
    expect(Math.abs(found.ordinal - scores.ordinal)).toBeLessThan(0.03);
  });
});

describe('ordinalError', () => {
  it('counts pairs more than 10 % apart, over all pairs drawn', () => {
    // Of four values, pairs (i, j) and their mirror images: 1 and 1.05 are not apart; only 1.05 against 2 is wrong, 2
    // of 10.
    const truth = numbers(1, 1.05, 2, 4);
    const error = ordinalError(numbers(0, 3, 2, 4), truth);
    expect(error).toBeGreaterThan(0.17);
    expect(error).toBeLessThan(0.23);
  });

  it('draws the same pairs each time', () => {
    const truth = Float64Array.from({ length: 500 }, (_, i) => 1 + ((i * 37) % 500));
    const estimate = truth.map((value, i) => value + 200 * Math.sin(i));
    expect(ordinalError(estimate, truth)).toBe(ordinalError(estimate, truth));
  });

  it('is 0 where no pair is apart', () => {
    expect(ordinalError(numbers(3, 2, 1), numbers(1, 1.02, 1.04))).toBe(0);
  });
});

describe('scoreMetric', () => {
  it('compares metres as they are, beyond the cap too, sky left out', () => {
    const truth = truthOf([1, 0.5, 0.01, 0], { ...inverse, zeroIsFar: true });
    const { metricAbsRel, metricRmse, metricDelta } = scoreMetric([1.5, 2, 80, 3], truth);
    expect(metricAbsRel).toBeCloseTo((0.5 + 0 + 0.2) / 3, 12);
    expect(metricRmse).toBeCloseTo(Math.sqrt((0.25 + 0 + 400) / 3), 12);
    expect(metricDelta).toBeCloseTo(1 / 3, 12);
  });
});
