import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  gradientMatching,
  ordinalLoss,
  ssiMae,
  ssiMse,
  ssiTrim,
  type Maps,
  type RankedPair,
} from '../../../src/eval/losses.js';
import * as entry from '../../../src/eval/index.js';
import { paretoShares } from '../../../src/eval/pareto.js';

interface Recorded {
  readonly cases: Record<
    string,
    { width: number; height: number; prediction: number[]; truth: number[]; known: number[] } & {
      pairs: [number, number, -1 | 0 | 1][];
      losses: Record<string, number>;
    }
  >;
  readonly mixes: { gradients: number[][]; shares: number[] }[];
}

/** Values of PyTorch in f64, by tools/nano/midas_losses.py. */
const { cases, mixes } = JSON.parse(readFileSync('test/fixtures/eval/losses.json', 'utf8')) as Recorded;
const LOSSES = { ssiMse, ssiMae, ssiTrim, gradientMatching };

const maps = (width: number, prediction: number[], truth: number[], known = truth.map(() => 1)): Maps => ({
  width,
  height: truth.length / width,
  prediction: Float64Array.from(prediction),
  truth: Float64Array.from(truth),
  known: Uint8Array.from(known),
});

describe('the losses of MiDaS', () => {
  it.each(Object.entries(cases))('are those of PyTorch: %s', (_name, { width, prediction, truth, known, ...rest }) => {
    const given = maps(width, prediction, truth, known);
    for (const [name, loss] of Object.entries(LOSSES)) expect(loss(given)).toBeCloseTo(rest.losses[name]!, 11);
    const pairs = rest.pairs.map(([first, second, order]): RankedPair => ({ first, second, order }));
    expect(ordinalLoss(given.prediction, pairs)).toBeCloseTo(rest.losses['ordinalLoss']!, 11);
  });

  it('are 0 for any positive scale and any shift of the truth', () => {
    const truth = [1, 5, 2, 8, 3, 4, 7, 9, 6, 1.5, 2.5, 0.5];
    const given = maps(
      4,
      truth.map((d) => 0.3 * d + 7),
      truth,
    );
    for (const loss of Object.values(LOSSES)) expect(loss(given)).toBeCloseTo(0, 12);
  });

  it('are what a hand computes', () => {
    // Truth -2..2 and a prediction of the same order with one outlier: medians 0, mean distances 6/5 and 12/5.
    const given = maps(5, [-2, -1, 0, 1, 8], [-2, -1, 0, 1, 2]);
    const residuals = [-2, -1, 0, 1, 8].map((p, i) => p / 2.4 - [-2, -1, 0, 1, 2][i]! / 1.2);
    expect(ssiMae(given)).toBeCloseTo(residuals.reduce((sum, r) => sum + Math.abs(r), 0) / 10, 12);
    // 4 of the 5 residuals stay: without the largest, which is that of the outlier.
    const sizes = residuals.map(Math.abs).sort((a, b) => a - b);
    expect(ssiTrim(given)).toBeCloseTo(sizes.slice(0, 4).reduce((sum, r) => sum + r, 0) / 10, 12);
    // Least squares: the sum of products is 22, that of squares less the mean 70 - 5 * 1.2^2 = 62.8.
    const errors = [-2, -1, 0, 1, 8].map((p, i) => (22 / 62.8) * (p - 1.2) - [-2, -1, 0, 1, 2][i]!);
    expect(ssiMse(given)).toBeCloseTo(errors.reduce((sum, e) => sum + e * e, 0) / 10, 12);
    // Levels 1, 2 and 4 of one row: pixels 0..4; 0, 2, 4; 0, 4; the last level has pixel 0 alone.
    const steps = (...at: number[]) =>
      at.slice(1).reduce((sum, i, k) => sum + Math.abs(residuals[i]! - residuals[at[k]!]!), 0) / at.length;
    expect(gradientMatching(given)).toBeCloseTo(steps(0, 1, 2, 3, 4) + steps(0, 2, 4) + steps(0, 4), 12);
  });

  it('of trimming do not see a fifth of the pixels move away', () => {
    const truth = Array.from({ length: 100 }, (_, i) => i);
    const away = (by: number) =>
      maps(
        10,
        truth.map((d) => (d > 88 ? d + by : d)),
        truth,
      );
    expect(ssiMse(away(1e4)) / ssiMse(away(1e2))).toBeGreaterThan(1);
    expect(ssiTrim(away(1e3))).toBeLessThan(ssiMae(away(1e3)));
  });

  it('of order are log 2 for equal values, and fall with the right order', () => {
    const pairs = [{ first: 0, second: 1, order: 1 }] as const;
    expect(ordinalLoss([3, 3], pairs)).toBeCloseTo(Math.log(2), 12);
    expect(ordinalLoss([4, 3], pairs)).toBeLessThan(ordinalLoss([3, 4], pairs));
    expect(ordinalLoss([0, 900], pairs)).toBe(900);
    expect(ordinalLoss([5, 3], [{ ...pairs[0], order: 0 }])).toBe(4);
  });
});

describe('what depthwise/eval is given', () => {
  const mismatch = (call: () => unknown, words: string) =>
    expect(call).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringContaining(words) }));

  it('is refused where lists do not go together, or are empty', () => {
    const good = maps(2, [1, 2, 3, 4], [4, 2, 1, 3]);
    for (const loss of Object.values({ ...LOSSES, alignLeastSquares: entry.alignLeastSquares })) {
      mismatch(() => loss({ ...good, height: 3 }), 'prediction has 4 values, expected 6');
      mismatch(() => loss({ ...good, truth: Float64Array.of(1) }), 'truth has 1');
      mismatch(() => loss({ ...good, known: new Uint8Array(4) }), 'known pixels');
    }
    mismatch(() => entry.normalizeRobust(good.truth, new Uint8Array(3)), 'known has 3');
    mismatch(() => ordinalLoss([1, 2], []), 'pairs');
    mismatch(() => ordinalLoss([1, 2], [{ first: 0, second: 2, order: 1 }]), '0 and 2 of 2');
    mismatch(() => paretoShares([]), 'gradients');
    mismatch(() => paretoShares([Float64Array.of(1), Float64Array.of(1, 2)]), 'gradient 1 has 2');
    mismatch(() => entry.sparsification(new Float64Array(2), new Float64Array(3)), 'confidence has 3');
    mismatch(() => entry.sparsificationCurve(new Float64Array(0), new Float64Array(0)), 'errors');
    const truth = entry.truthOf([1, 2, 4], { kind: 'depth' });
    mismatch(() => entry.score([1, 2], truth), 'estimate has 2');
    mismatch(() => entry.scoreConfidence([1, 2], [3, 2, 1], truth), 'confidence has 2');
  });

  it('may be a map that is the same everywhere, whose losses are numbers', () => {
    const flat = maps(2, [3, 3, 3, 3], [4, 2, 1, 3]);
    for (const loss of Object.values(LOSSES)) expect(loss(flat)).toBeGreaterThan(0);
    expect(ssiMae(flat)).toBeLessThan(1);
  });
});

describe('paretoShares', () => {
  it('are those of the shortest mixed gradient', () => {
    for (const { gradients, shares } of mixes) {
      const found = paretoShares(gradients.map((each) => Float64Array.from(each)));
      expect(found.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      for (const [i, share] of shares.entries()) expect(Math.abs(found[i]! - share)).toBeLessThan(1e-8);
    }
  });

  it('give all to the shorter of two that agree, and halves to opposites', () => {
    const at = (...values: number[]) => Float64Array.of(...values);
    expect(paretoShares([at(1, 0), at(3, 0)])).toEqual([1, 0]);
    expect(paretoShares([at(1, 1), at(-1, -1)])).toEqual([0.5, 0.5]);
    expect(paretoShares([at(1, 0), at(0, 2)])[0]).toBeCloseTo(0.8, 12);
    // A step down the mix makes neither worse.
    const [g1, g2] = [at(1, 0.2), at(-0.5, 1)];
    const [a, b] = paretoShares([g1, g2]) as [number, number];
    for (const g of [g1, g2])
      expect(g[0]! * (a * g1[0]! + b * g2[0]!) + g[1]! * (a * g1[1]! + b * g2[1]!)).toBeGreaterThan(0);
  });
});
