import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { finiteRange } from '../../src/depth/formats/depth_semantics.js';
import { depthRange } from '../../src/depth/range.js';
import { testGpu } from '../gpu.js';
import { random } from '../../truth/random.js';
import { runGraph } from './run_graph.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

async function rangeOf(depth: Float32Array, width: number, percentiles = {}): Promise<number[]> {
  const shape = [depth.length / width, width];
  const { range } = await runGraph(
    gpu,
    (graph) => ({ range: depthRange(graph, graph.input('depth', { dtype: 'f32', shape }), percentiles) }),
    { floats: { depth } },
  );
  return [...range];
}

/** Percentile by nearest rank (numpy's `inverted_cdf`). */
function percentile(values: Float32Array, percent: number): number {
  const sorted = values.filter(Number.isFinite).sort();
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] as number;
}

describe('depthRange', () => {
  for (const [width, height] of [
    [1, 1],
    [13, 11],
    [251, 307],
    [686, 518],
  ] as const) {
    it(`of ${width}x${height} values, some not finite`, async () => {
      const next = random(width);
      const depth = Float32Array.from({ length: width * height }, (_, i) =>
        i % 29 === 17 ? [NaN, Infinity, -Infinity][i % 3]! : 40 * next() ** 3 - 1,
      );
      const { min, max, nonFinite } = finiteRange(depth);
      const [lowest, highest, low, high, other, finite, ...rest] = (await rangeOf(depth, width)) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      expect([lowest, highest, other, finite, ...rest]).toEqual([min, max, nonFinite, depth.length - nonFinite, 0, 0]);
      for (const [got, percent] of [
        [low, 2],
        [high, 98],
      ] as const) {
        expect(Math.abs(got - percentile(depth, percent))).toBeLessThanOrEqual((1.001 * (max - min)) / 2048);
      }
    });
  }

  it('takes other percentiles', async () => {
    const depth = Float32Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000);
    const range = await rangeOf(depth, 100, { low: 25, high: 99.9 });
    expect(Math.abs(range[2]! - 2499)).toBeLessThan(5);
    expect(Math.abs(range[3]! - 9989)).toBeLessThan(5);
  });

  it('of a flat map is that value', async () => {
    expect(await rangeOf(new Float32Array(35).fill(-2.7), 7)).toEqual([
      ...new Float32Array([-2.7, -2.7, -2.7, -2.7]),
      0,
      35,
      0,
      0,
    ]);
  });

  it('without finite values is 0 to 0', async () => {
    expect(await rangeOf(new Float32Array([NaN, Infinity, -Infinity, NaN]), 2)).toEqual([0, 0, 0, 0, 4, 0, 0, 0]);
  });

  it('is the same in every run', async () => {
    const next = random(5);
    const depth = Float32Array.from({ length: 300 * 200 }, () => next() - 0.5);
    expect(await rangeOf(depth, 300)).toEqual(await rangeOf(depth, 300));
  });
});
