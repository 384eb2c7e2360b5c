import { attention } from './attention.js';
import type { AttentionAttrs } from './attention_kernels.js';
import { activated, attentionLoops, knownGrid, knownWindows, sightOf, type Sides } from './attention_reference.spec.js';
import type { GridOptions } from './attention_grid.js';
import type { WindowOptions } from './attention_windows.js';
import { defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

function reference(inputs: Tensors, { heads, scale, where, act, ...attrs }: AttentionAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'qkv');
  const [T, row] = type.shape as [number, number];
  const V = attrs.valueSize ?? row / heads / 3;
  const D = (row / heads - V) / 2;
  const sides: Sides = {
    queries: T,
    keys: T,
    heads,
    D,
    V,
    scale: scale ?? 1 / Math.sqrt(D),
    q: (t, h, d) => data[t * row + h * D + d] as number,
    k: (t, h, d) => data[t * row + heads * D + h * D + d] as number,
    v: (t, h, d) => data[t * row + 2 * heads * D + h * V + d] as number,
  };
  return { y: activated(act, attentionLoops(sides, sightOf(where), inputs['bias'])) };
}

const shapes = (T: number, heads: number, D: number, V = D) => ({ qkv: [T, heads * (2 * D + V)] });

/** Queries, keys and values by their own formulas. */
function parts(
  C: number,
  query: (next: () => number) => number,
  key: (next: () => number) => number,
): Record<string, Fill> {
  return {
    qkv: (next, i) => {
      const part = Math.floor((i % (3 * C)) / C);
      return part === 0 ? query(next) : part === 1 ? key(next) : 2 * next() - 1;
    },
  };
}

const within = (size: number) => (next: () => number) => size * (2 * next() - 1);

const windowed = (heads: number, D: number, options: WindowOptions) => ({
  inputs: {
    ...shapes(options.map[0] * options.map[1], heads, D),
    bias: [heads, (2 * options.side - 1) ** 2],
  },
  attrs: { heads, where: knownWindows(options) },
});

const gridded = (heads: number, D: number, [GH, GW]: readonly [number, number], options: Partial<GridOptions> = {}) => {
  const extra = options.classToken ? 1 : 0;
  return {
    inputs: { ...shapes(GH * GW + extra, heads, D), bias: [heads, (2 * GH - 1) * (2 * GW - 1) + 3 * extra] },
    attrs: { heads, where: knownGrid({ keys: [GH, GW], ...options }) },
  };
};

export const attentionSpec = defineSpec({
  op: attention,
  longKernels: ['tiled'],
  gate: 8,
  half: ['qkv'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one token', inputs: shapes(1, 2, 64), attrs: { heads: 2 }, half: false },
    { name: 'key tile - 1', inputs: shapes(3, 2, 64), attrs: { heads: 2 }, half: false },
    { name: 'key tile + 1', inputs: shapes(5, 3, 64), attrs: { heads: 3 }, half: false },
    { name: 'wide key tile - 1', inputs: shapes(31, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'wide key tile', inputs: shapes(32, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'wide key tile + 1', inputs: shapes(33, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'prime tokens, head size 64', inputs: shapes(37, 3, 64), attrs: { heads: 3 } },
    {
      name: 'query tiles of all heads, the last of one query',
      inputs: shapes(257, 2, 64),
      attrs: { heads: 2 },
      half: false,
    },
    { name: 'large scores', inputs: shapes(37, 3, 64), attrs: { heads: 3 }, fill: parts(192, within(12), within(12)) },
    {
      name: 'scores far below zero',
      inputs: shapes(13, 2, 64),
      attrs: { heads: 2 },
      fill: parts(
        128,
        () => -10,
        (next) => 10 + next(),
      ),
    },
    {
      name: 'uniform keys give the mean of the values',
      inputs: shapes(19, 2, 64),
      attrs: { heads: 2 },
      fill: parts(128, within(1), () => 0.5),
    },
    { name: 'outliers', inputs: shapes(11, 1, 64), attrs: { heads: 1 }, fill: parts(64, within(1), within(200)) },
    { name: 'head size 4', inputs: shapes(67, 3, 4), attrs: { heads: 3 }, half: false },
    {
      name: 'head size 4, large scores',
      inputs: shapes(13, 2, 4),
      attrs: { heads: 2 },
      fill: parts(8, within(20), within(20)),
      half: false,
    },
    { name: 'past 65,535 workgroups', inputs: shapes(1, 65_537, 4), attrs: { heads: 65_537 }, half: false },
    { name: 'head size 32', inputs: shapes(37, 2, 32), attrs: { heads: 2 } },
    { name: 'head size 36', inputs: shapes(35, 2, 36), attrs: { heads: 2 }, half: false },
    { name: 'head size 80', inputs: shapes(35, 2, 80), attrs: { heads: 2 }, half: false },
    { name: 'head size 128', inputs: shapes(35, 1, 128), attrs: { heads: 1 }, half: false },
    {
      name: 'values wider than keys, scale of 1',
      inputs: shapes(37, 2, 32, 64),
      attrs: { heads: 2, valueSize: 64, scale: 1 },
    },
    { name: 'values narrower than keys', inputs: shapes(19, 3, 16, 8), attrs: { heads: 3, valueSize: 8 }, half: false },
    { name: 'windows', ...windowed(2, 4, { map: [8, 12], side: 4, shift: 0 }), half: false },
    { name: 'shifted windows', ...windowed(2, 4, { map: [12, 8], side: 4, shift: 2 }), half: false },
    { name: 'windows shifted by one', ...windowed(1, 8, { map: [6, 9], side: 3, shift: 1 }), half: false },
    { name: 'windows, head size 32', ...windowed(2, 32, { map: [12, 8], side: 4, shift: 1 }) },
    { name: 'one window', ...windowed(2, 4, { map: [4, 4], side: 4, shift: 0 }), half: false },
    { name: 'one window that is shifted', ...windowed(1, 8, { map: [3, 3], side: 3, shift: 2 }), half: false },
    { name: 'grid', ...gridded(2, 4, [5, 7]), half: false },
    { name: 'grid behind a class token', ...gridded(2, 4, [4, 9], { classToken: true }), half: false },
    { name: 'grid behind a class token, head size 64', ...gridded(2, 64, [4, 9], { classToken: true }) },
    { name: 'a row behind a class token', ...gridded(1, 4, [1, 6], { classToken: true }), half: false },
    {
      name: 'hardswish of the sums',
      inputs: shapes(19, 2, 32),
      attrs: { heads: 2, act: 'hardswish' },
      fill: parts(64, within(3), within(3)),
    },
    {
      name: 'windows of values wider than keys',
      inputs: { ...shapes(32, 2, 32, 36), bias: [2, 49] },
      attrs: { heads: 2, valueSize: 36, where: knownWindows({ map: [4, 8], side: 4, shift: 1 }) },
      half: false,
    },
  ],
  perf: [
    { name: 'Depth Anything small 518', inputs: shapes(1370, 6, 64), attrs: { heads: 6 } },
    { name: 'Depth Anything base 518', inputs: shapes(1370, 12, 64), attrs: { heads: 12 } },
    { name: 'Depth Anything large 518', inputs: shapes(1370, 16, 64), attrs: { heads: 16 } },
    { name: 'BEiT-B 384', ...gridded(12, 64, [24, 24], { classToken: true }) },
    { name: 'Swin2-T 256, first stage', ...windowed(3, 32, { map: [64, 64], side: 16, shift: 8 }) },
    { name: 'Swin-L 384, third stage', ...windowed(24, 32, { map: [24, 24], side: 12, shift: 6 }) },
  ],
});
