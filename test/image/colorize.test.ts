import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Graph, Value } from '../../src/graph/graph.js';
import { colorizeDepth, packDepth, rawDepth, type ColorizeOptions } from '../../src/depth/colorize.js';
import { colormaps } from '../../src/depth/colormaps.js';
import { depthRange } from '../../src/depth/range.js';
import { testGpu } from '../gpu.js';
import { readTexels, targetTexture } from '../../truth/textures.js';
import { recorded, seededMap } from './fixtures.js';
import { runGraph } from './run_graph.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const painted = { colormap: 'inferno', nearer: 'larger', span: 'full', target: 'buffer' } as const;

/** RGBA bytes of a map drawn over its own range. */
async function draw(depth: Float32Array, width: number, options: Partial<ColorizeOptions>): Promise<Uint8Array> {
  const shape = [depth.length / width, width];
  const build = (graph: Graph): { colors: Value } => {
    const value = graph.input('depth', { dtype: 'f32', shape });
    return { colors: colorizeDepth(graph, value, depthRange(graph, value), { ...painted, ...options }) };
  };
  const { colors } = await runGraph(gpu, build, { floats: { depth } });
  return new Uint8Array(colors.buffer, 0, colors.byteLength);
}

describe('colorizeDepth', () => {
  const { map, map_width, map_height, stride, midas_inferno_rgb, depth_anything_v2_8bit } = recorded.written;
  const depth = seededMap(map, map_width, map_height);

  it('paints the bytes that MiDaS writes', async () => {
    const rgba = await draw(depth, map_width, {});
    const pixels = midas_inferno_rgb.map((_, k) => [...rgba.subarray(4 * k * stride, 4 * k * stride + 3)]);
    expect(pixels.length).toBeGreaterThan(200);
    expect(pixels).toEqual(midas_inferno_rgb);
  });

  it('cuts off to the bytes that Depth Anything writes', async () => {
    const rgba = await draw(depth, map_width, { colormap: 'gray' });
    expect(depth_anything_v2_8bit.map((_, k) => rgba[4 * k * stride])).toEqual(depth_anything_v2_8bit);
  });

  it('gives the nearest end the last colour, unless inverted', async () => {
    const ramp = new Float32Array([0, 1, 2, 3, 4]);
    const ends = async (options: Partial<ColorizeOptions>) => {
      const rgba = await draw(ramp, 5, options);
      return [rgba[0], rgba[16]];
    };
    const red = colormaps.inferno;
    expect(await ends({ nearer: 'larger' })).toEqual([red[0], red[765]]);
    expect(await ends({ nearer: 'smaller' })).toEqual([red[765], red[0]]);
    expect(await ends({ nearer: 'larger', invert: true })).toEqual([red[765], red[0]]);
    expect(await ends({ nearer: 'smaller', invert: true })).toEqual([red[0], red[765]]);
  });

  it('survives maps that are flat or hold no number', async () => {
    expect([...(await draw(new Float32Array(6).fill(5), 3, { colormap: 'gray' }))]).toEqual(
      Array.from({ length: 6 }, () => [0, 0, 0, 255]).flat(),
    );
    expect([...(await draw(new Float32Array([NaN, Infinity, -Infinity, NaN]), 2, {}))]).toEqual(new Array(16).fill(0));
  });
});

describe('depth textures', () => {
  const shape = [3, 5];
  const depth = Float32Array.from({ length: 15 }, (_, i) => (i === 7 ? NaN : 2 * i - 4));

  it('hold colours', async () => {
    const colors = targetTexture(gpu.device, { dtype: 'texture', shape }, 'rgba8unorm');
    await runGraph(
      gpu,
      (graph) => {
        const value = graph.input('depth', { dtype: 'f32', shape });
        return { colors: colorizeDepth(graph, value, depthRange(graph, value), { ...painted, target: 'rgba8unorm' }) };
      },
      { floats: { depth }, textures: { colors } },
    );
    const bytes = Array.from(await readTexels(gpu.device, colors), (v) => Math.round(255 * v));
    expect(bytes).toEqual([...(await draw(depth, 5, {}))]);
    colors.destroy();
  });

  it('hold nearness, values and validity, with the nearest at 1', async () => {
    for (const nearer of ['larger', 'smaller'] as const) {
      const packed = targetTexture(gpu.device, { dtype: 'texture', shape }, 'rgba32float');
      await runGraph(
        gpu,
        (graph) => {
          const value = graph.input('depth', { dtype: 'f32', shape });
          return {
            packed: packDepth(graph, value, depthRange(graph, value), { span: 'full', nearer, format: 'rgba32float' }),
          };
        },
        { floats: { depth }, textures: { packed } },
      );
      const texels = await readTexels(gpu.device, packed);
      const texel = (i: number) => [...texels.subarray(4 * i, 4 * i + 4)];
      expect([texel(0), texel(7), texel(14)]).toEqual([
        [nearer === 'larger' ? 0 : 1, -4, 0, 1],
        [0, 0, 0, 0],
        [nearer === 'larger' ? 1 : 0, 24, 0, 1],
      ]);
      packed.destroy();
    }
  });

  it('hold raw values', async () => {
    const raw = targetTexture(gpu.device, { dtype: 'texture', shape }, 'r32float');
    const finite = depth.map((v) => (Number.isNaN(v) ? 0.1 : v));
    await runGraph(gpu, (graph) => ({ raw: rawDepth(graph, graph.input('depth', { dtype: 'f32', shape })) }), {
      floats: { depth: finite },
      textures: { raw },
    });
    expect([...(await readTexels(gpu.device, raw))]).toEqual([...finite]);
    raw.destroy();
  });
});
