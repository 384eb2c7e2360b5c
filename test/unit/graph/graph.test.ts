import { describe, expect, it } from 'vitest';
import { Graph, view, type ConstantSpec, type Recipe, type RecipeParams } from '../../../src/graph/graph.js';
import { attention } from '../../../src/kernels/attention.js';
import { conv2d, padding, samePadding, upsampledConv } from '../../../src/kernels/conv2d.js';
import { depthwise } from '../../../src/kernels/depthwise.js';
import { gemm, patchEmbed, transposedConv } from '../../../src/kernels/gemm.js';
import { head } from '../../../src/kernels/head.js';
import { layerNorm } from '../../../src/kernels/layer_norm.js';
import type { Op } from '../../../src/kernels/op.js';
import type { DType } from '../../../src/tensor.js';

type Shapes = Record<string, readonly number[] | readonly [DType, ...number[]]>;

/** Applies an op to inputs given by shape, f32 unless the shape starts with a type. */
function apply(op: unknown, shapes: Shapes, attrs: unknown): void {
  const graph = new Graph();
  const inputs = Object.entries(shapes).map(([name, [first, ...rest]]) => {
    const [dtype, shape] = typeof first === 'string' ? [first, rest] : (['f32', [first, ...rest]] as const);
    return [name, graph.input(name, { dtype, shape: shape as number[] })];
  });
  graph.apply(op as Op, Object.fromEntries(inputs), attrs);
}

const same = { stride: 1, pad: padding(1) };
const relu = { kind: 'relu' };
const wrong: [string, unknown, Shapes, unknown, string[]][] = [
  ['gemm: inner sizes', gemm, { x: [5, 8], weight: [12, 4], bias: [4] }, {}, ['f32[5,8]', 'f32[12,4]']],
  ['gemm: K not in vec4s', gemm, { x: [5, 6], weight: [6, 4], bias: [4] }, {}, ['f32[5,6]']],
  ['gemm: N not in vec4s', gemm, { x: [5, 8], weight: [8, 6], bias: [6] }, {}, ['6 output channels']],
  ['gemm: bias', gemm, { x: [5, 8], weight: [8, 4], bias: [8] }, {}, ['f32[8]', '[4]']],
  ['gemm: residual', gemm, { x: [5, 8], weight: [8, 4], bias: [4], residual: [4, 4] }, {}, ['f32[4,4]', 'f32[5,4]']],
  [
    'gemm: gamma without residual',
    gemm,
    { x: [5, 8], weight: [8, 4], bias: [4], gamma: [4] },
    {},
    ['gamma needs a residual'],
  ],
  ['gemm: gamma', gemm, { x: [5, 8], weight: [8, 4], bias: [4], residual: [5, 4], gamma: [8] }, {}, ['f32[8]', '[4]']],
  [
    'transposed convolution: columns',
    transposedConv,
    { x: [3, 3, 8], weight: [8, 12], bias: [4] },
    { stride: 2 },
    ['f32[8,12]', '[8,16]'],
  ],
  [
    'patch embedding: picture',
    patchEmbed,
    { x: [15, 14, 4], weight: [784, 8], bias: [8], residual: [2, 8] },
    { patch: 14 },
    ['f32[15,14,4]', '14'],
  ],
  [
    'patch embedding: table',
    patchEmbed,
    { x: [28, 14, 4], weight: [784, 8], bias: [8], residual: [2, 8] },
    { patch: 14 },
    ['f32[2,8]', 'f32[3,8]'],
  ],
  [
    'convolution: channels',
    conv2d,
    { x: [4, 4, 8], weight: [3, 3, 4, 8], bias: [8] },
    same,
    ['f32[4,4,8]', 'f32[3,3,4,8]'],
  ],
  [
    'convolution: too small',
    conv2d,
    { x: [2, 9, 4], weight: [3, 3, 4, 8], bias: [8] },
    { stride: 1, pad: padding(0) },
    ['f32[2,9,4]', '3×3'],
  ],
  [
    'convolution: residual',
    conv2d,
    { x: [4, 5, 4], weight: [3, 3, 4, 8], bias: [8], residual: [5, 4, 8] },
    same,
    ['f32[5,4,8]', 'f32[4,5,8]'],
  ],
  [
    'convolution: deeper path',
    conv2d,
    { x: [4, 5, 4], weight: [3, 3, 4, 8], bias: [8], residual: [4, 5, 8], low: [2, 2, 4] },
    same,
    ['f32[2,2,4]'],
  ],
  [
    'upsampled convolution: channels',
    upsampledConv,
    { low: [4, 4, 8], weight: [3, 3, 4, 8], bias: [8] },
    { size: [8, 8], alignCorners: true },
    ['f32[4,4,8]', 'f32[3,3,4,8]'],
  ],
  [
    'depthwise: channels',
    depthwise,
    { x: [4, 4, 8], weight: [3, 3, 4], bias: [8] },
    same,
    ['f32[4,4,8]', 'f32[3,3,4]'],
  ],
  ['layer norm: gamma', layerNorm, { x: [4, 8], gamma: [4], beta: [8] }, { eps: 1e-6 }, ['f32[4,8]', 'f32[4]']],
  ['layer norm: half input', layerNorm, { x: ['f16', 4, 8], gamma: [8], beta: [8] }, { eps: 1e-6 }, ['f16[4,8]']],
  ['attention: heads', attention, { qkv: [4, 24] }, { heads: 3 }, ['f32[4,24]', '3']],
  [
    'head: hidden',
    head,
    { low: [4, 4, 8], weight1: [3, 3, 8, 32], bias1: [16], weight2: [32], bias2: [4] },
    { size: [8, 8], alignCorners: true, final: relu },
    ['f32[3,3,8,32]', '16'],
  ],
  [
    'head: bias',
    head,
    { low: [4, 4, 8], weight1: [3, 3, 8, 32], bias1: [32], weight2: [32], bias2: [1] },
    { size: [8, 8], alignCorners: true, final: relu },
    ['f32[1]'],
  ],
];

describe('shape errors are thrown while building', () => {
  it.each(wrong)('%s', (_, op, shapes, attrs, texts) => {
    expect(() => apply(op, shapes, attrs)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'SHAPE_MISMATCH', phase: 'build' }),
    );
    for (const text of [(op as Op).name, ...texts]) expect(() => apply(op, shapes, attrs)).toThrow(text);
  });
});

describe('Graph', () => {
  it('shares a constant of the same recipe, weights, parameters and type, and no other', () => {
    const graph = new Graph();
    const recipe: Recipe = { name: 'layout', pack: () => new Float32Array(0) };
    const weight = (name: string) => ({ name, shape: [32], sources: [name] });
    const same = { recipe, params: { n: 1 }, type: { dtype: 'f32', shape: [4, 8] }, weights: [weight('w')] } as const;
    const others: readonly ConstantSpec<RecipeParams>[] = [
      { ...same, params: { n: 2 } },
      { ...same, params: { m: 1 } },
      { ...same, type: { dtype: 'f32', shape: [8, 4] } },
      { ...same, type: { dtype: 'f16', shape: [4, 8] } },
      { ...same, weights: [weight('v')] },
      { ...same, weights: [weight('w'), weight('v')] },
      { ...same, weights: [weight('v'), weight('w')] },
      { ...same, recipe: { ...recipe, name: 'another layout' } },
    ];
    const value = graph.constant(same);
    expect(graph.constant({ ...same })).toBe(value);
    expect(new Set([value, ...others.map((other) => graph.constant(other))]).size).toBe(1 + others.length);
  });

  it('refuses two recipes of one name for the same constant', () => {
    const graph = new Graph();
    const declare = (pack: Recipe['pack']) =>
      graph.constant({ recipe: { name: 'w', pack }, type: { dtype: 'f32', shape: [4] }, weights: [] });
    declare(() => new Float32Array(4));
    expect(() => declare(() => new Float32Array(4).fill(1))).toThrow(
      expect.objectContaining({ name: 'InternalError', code: 'INTERNAL_CONSTANT' }),
    );
  });

  it('names the place in the model in a shape error, and the weight of the layer', () => {
    const graph = new Graph();
    const value = (name: string, shape: number[]) => graph.input(name, { dtype: 'f32', shape });
    const weight = graph.constant({
      recipe: { name: 'linear', pack: () => new Float32Array(96) },

      type: { dtype: 'f32', shape: [12, 8] },
      weights: [{ name: 'pretrained.blocks.3.attn.qkv.weight', shape: [8, 12], sources: [] }],
    });
    const inBlock = (build: () => unknown) => () =>
      graph.scope('pretrained', () => graph.scope('blocks.3', () => void build()));
    const x = value('x', [5, 8]);
    expect(inBlock(() => graph.apply(gemm, { x, weight: value('w', [12, 8]), bias: value('b', [8]) }, {}))).toThrow(
      /^pretrained\.blocks\.3: gemm: x is f32\[5,8\], weight is f32\[12,8\]/,
    );
    expect(inBlock(() => graph.apply(gemm, { x, weight, bias: value('b', [8]) }, {}))).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        phase: 'build',
        message: expect.stringContaining(
          'pretrained.blocks.3, pretrained.blocks.3.attn.qkv.weight: gemm: x is f32[5,8]',
        ),
      }),
    );
    expect(inBlock(() => view(x, [3, 3]))).toThrow(
      /^pretrained\.blocks\.3: view: f32\[5,8\] cannot be read as \[3,3\]/,
    );
  });

  it('labels nodes with their scope and lists them with their types', () => {
    const graph = new Graph();
    const value = (name: string, shape: number[]) => graph.input(name, { dtype: 'f32', shape });
    graph.scope('encoder', () =>
      graph.scope('block 0', () =>
        graph.apply(gemm, { x: value('x', [5, 8]), weight: value('w', [8, 4]), bias: value('b', [4]) }, {}),
      ),
    );
    expect(String(graph)).toBe('0 encoder.block 0 gemm -> f32[5,4]');
  });

  it('leaves a scope when building throws', () => {
    const graph = new Graph();
    expect(() =>
      graph.scope('a', () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    graph.apply(
      layerNorm,
      {
        x: graph.input('x', { dtype: 'f32', shape: [1, 4] }),
        gamma: graph.input('g', { dtype: 'f32', shape: [4] }),
        beta: graph.input('b', { dtype: 'f32', shape: [4] }),
      },
      { eps: 1e-6 },
    );
    expect(graph.nodes[0]?.label).toBe('');
  });
});

describe('samePadding', () => {
  // timm's tf_ rule: even sizes get (0,1) for 3×3 stride 2 and (1,2) for 5×5 stride 2.
  it.each([
    [256, 3, 2, 0, 1],
    [255, 3, 2, 1, 1],
    [64, 5, 2, 1, 2],
    [17, 5, 2, 2, 2],
    [16, 3, 1, 1, 1],
    [16, 5, 1, 2, 2],
    [7, 1, 2, 0, 0],
  ])('of %d with kernel %d and stride %d is %d before and %d after', (size, kernel, stride, before, after) => {
    expect(samePadding(size, size, kernel, stride)).toEqual({ top: before, left: before, bottom: after, right: after });
  });

  it('takes each side by itself', () => {
    expect(samePadding(256, 255, 3, 2)).toEqual({ top: 0, bottom: 1, left: 1, right: 1 });
  });
});
