import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Graph } from '../../src/graph/graph.js';
import { resizeDepth } from '../../src/depth/resize.js';
import type { ResizeFilter } from '../../src/kernels/resize_map.js';
import { testGpu } from '../gpu.js';
import { recorded, samples, seededMap, type ResizedRecord } from './fixtures.js';
import { runGraph } from './run_graph.js';

const filters: Record<ResizedRecord['rule'], ResizeFilter> = {
  midas: 'bicubic',
  'depth-anything-v1': 'bilinear',
  'depth-anything-v2': 'bilinear-align-corners',
  hub: 'bicubic',
};

let gpu: Gpu;
const published = samples('resized');
beforeAll(async () => {
  gpu = await testGpu();
});

async function resize(
  map: Float32Array,
  [h, w]: [number, number],
  height: number,
  width: number,
  filter: ResizeFilter,
): Promise<Float32Array> {
  const { y } = await runGraph(
    gpu,
    (graph) => ({
      y: resizeDepth(graph, graph.input('depth', { dtype: 'f32', shape: [h, w] }), { width, height, filter }),
    }),
    { floats: { depth: map } },
  );
  return y as Float32Array;
}

describe('resizeDepth', () => {
  for (const [name, record] of Object.entries(recorded.resized)) {
    const { rule, map, map_width, map_height, width, height, stride } = record;
    if (map_width === width && map_height === height) continue;
    it(`${name} is as published`, async () => {
      const y = await resize(
        seededMap(map, map_width, map_height),
        [map_height, map_width],
        height,
        width,
        filters[rule],
      );
      const expected = published.get(name) ?? new Float32Array();
      expect(expected.length).toBe(Math.ceil((width * height) / stride));
      // The map spans about ±2; torch holds positions in f32, here they are exact.
      const worst = expected.reduce((max, value, k) => Math.max(max, Math.abs(value - (y[k * stride] as number))), 0);
      expect(worst).toBeLessThan(1e-5);
    });
  }

  it('follows torch on a row of squares', async () => {
    const row = new Float32Array([0, 1, 4, 9, 16, 25, 36, 49]);
    const close = (y: Float32Array, expected: number[]) =>
      expected.forEach((value, i) => expect(y[i]).toBeCloseTo(value, 4));
    close(await resize(row, [1, 8], 1, 5, 'bicubic'), [0.13725, 3.457, 12.125, 26.36098, 45.89275]);
    close(await resize(row, [1, 8], 1, 5, 'bilinear'), [0.3, 3.7, 12.5, 26.1, 45.1]);
    close(
      await resize(row, [1, 8], 1, 15, 'bilinear-align-corners'),
      [0, 0.5, 1, 2.5, 4, 6.5, 9, 12.5, 16, 20.5, 25, 30.5, 36, 42.5, 49],
    );
  });

  it('gives back a map that has the size', () => {
    const graph = new Graph();
    const depth = graph.input('depth', { dtype: 'f32', shape: [28, 42] });
    expect(resizeDepth(graph, depth, { width: 42, height: 28, filter: 'bicubic' })).toBe(depth);
    expect(graph.nodes).toHaveLength(0);
    expect(resizeDepth(graph, depth, { width: 28, height: 42, filter: 'bicubic' }).type.shape).toEqual([42, 28]);
  });
});
