import { describe, expect, it } from 'vitest';
import { measure, repeatsFor } from '../../bench/measure.js';
import { agree, quantile, quantumOf, summarizeSamples } from '../../bench/statistics.js';

describe('summarizeSamples', () => {
  it('gives the statistics of known samples, whatever their order', () => {
    const summary = summarizeSamples([5, 1, 4, 2, 3, 100]);
    expect(summary).toEqual({
      min: 1,
      median: 3.5,
      p95: 76.25,
      iqr: 2.5,
      mad: 1.5,
      n: 6,
      samples: [5, 1, 4, 2, 3, 100],
    });
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([7], 0.95)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow('no samples');
  });
});

describe('quantumOf', () => {
  it('finds the step of a quantised clock that starts anywhere', () => {
    const ticks = [7n, 3n, 0n, 12n, 12n].map((k) => 123_456_789n + 65_536n * k);
    expect(quantumOf(ticks)).toBe(65_536n);
    expect(quantumOf([...ticks, (ticks[0] as bigint) + 32_768n])).toBe(32_768n);
  });

  it('is 1 for an exact clock and unknown when nothing moved', () => {
    expect(quantumOf([100n, 103n, 101n])).toBe(1n);
    expect(quantumOf([5n, 5n])).toBeUndefined();
  });
});

describe('agree', () => {
  it('needs three medians within the tolerance', () => {
    expect(agree([1, 1], 0.02)).toBe(false);
    expect(agree([9, 1, 1.019, 1.01], 0.02)).toBe(true);
    expect(agree([1, 1.03, 1.01], 0.02)).toBe(false);
  });
});

describe('repeatsFor', () => {
  const protocol = { minPassMs: 2, quantaPerPass: 200 };
  it('reaches the pass length or 200 steps of the clock, whichever is longer', () => {
    expect(repeatsFor(0.5, 1, protocol)).toBe(4);
    expect(repeatsFor(0.5, 65_536, protocol)).toBe(27);
    expect(repeatsFor(100, 65_536, protocol)).toBe(1);
    expect(repeatsFor(0, 1, protocol)).toBe(4096);
  });
});

describe('measure', () => {
  const subject = (name: string, log: string[], times: readonly number[]) => {
    let i = 0;
    return { sample: () => Promise.resolve(log.push(name) && (times[Math.min(i++, times.length - 1)] as number)) };
  };

  it('warms up until three medians agree, then takes turns A B, B A', async () => {
    const log: string[] = [];
    const settling = subject('A', log, [9, 9, 9, 5, 5, 5, 2, 2, 2, 2, 2, 2, 2]);
    const [a, b] = await measure([settling, subject('B', log, [3])], {
      samples: 4,
      stableWithin: 0.02,
      warmUpBlocks: 10,
      warmUpMs: 1000,
    });
    expect(log.join('')).toBe(`${'A'.repeat(15)}${'B'.repeat(9)}ABBAABBA`);
    expect([a?.ms.median, b?.ms.median, a?.ms.n, a?.stable]).toEqual([2, 3, 4, true]);
  });

  it('gives up on what never settles, and says so', async () => {
    const log: string[] = [];
    let time = 1;
    const restless = { sample: () => Promise.resolve(log.push('A') && (time *= 1.5)) };
    const [a] = await measure([restless], { samples: 2, stableWithin: 0.02, warmUpBlocks: 4, warmUpMs: 1000 });
    expect([a?.stable, log.length]).toEqual([false, 14]);
    const [b] = await measure([restless], { samples: 2, stableWithin: 0.02, warmUpBlocks: 4, warmUpMs: -1 });
    expect([b?.stable, log.length]).toEqual([false, 17]);
  });
});
