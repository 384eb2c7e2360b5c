import { describe, expect, it } from 'vitest';
import { Graph } from '../../../src/graph/graph.js';
import { checkLimits } from '../../../src/graph/limits.js';
import type { TensorType } from '../../../src/tensor.js';
import { applyAny } from './random_graph.js';

const DEFAULTS = { maxStorageBufferBindingSize: 134_217_728, maxBufferSize: 268_435_456, maxTextureDimension2D: 8192 };

function graphWith(type: TensorType): Graph {
  const graph = new Graph();
  graph.input('picture', type);
  return graph;
}

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

describe('checkLimits', () => {
  it('refuses the head of Depth Anything large at 518 in f32 with both numbers', () => {
    expect(() => checkLimits(graphWith(f32(518, 518, 128)), DEFAULTS)).toThrow(
      expect.objectContaining({
        name: 'LimitError',
        code: 'LIMIT_BINDING',
        limit: 'maxStorageBufferBindingSize',
        expected: 134_217_728,
        actual: 137_381_888,
      }),
    );
  });

  it('accepts that head in f16, and the one of 512 in f32, which fits to the byte', () => {
    checkLimits(graphWith({ dtype: 'f16', shape: [518, 518, 128] }), DEFAULTS);
    checkLimits(graphWith(f32(512, 512, 128)), DEFAULTS);
    expect(() =>
      checkLimits(graphWith(f32(512, 512, 128)), { ...DEFAULTS, maxStorageBufferBindingSize: 134_217_727 }),
    ).toThrow('134217727');
  });

  it('names the limit that binds', () => {
    const limits = { ...DEFAULTS, maxStorageBufferBindingSize: 2 ** 31, maxBufferSize: 1000 };
    expect(() => checkLimits(graphWith(f32(251)), limits)).toThrow(
      expect.objectContaining({ limit: 'maxBufferSize', expected: 1000, actual: 1008 }),
    );
  });

  it('looks at outputs of nodes by label and at constants by key', () => {
    const small = { ...DEFAULTS, maxStorageBufferBindingSize: 64 };
    const graph = graphWith(f32(16));
    graph.scope('decoder.fusion 1', () => applyAny(graph, [...graph.inputs.values()], [17]));
    expect(() => checkLimits(graph, small)).toThrow('decoder.fusion 1 (any)');
    const other = graphWith(f32(16));
    const recipe = { name: 'as it is', pack: () => new Float32Array(20) };
    other.constant({
      recipe,

      type: f32(20),
      weights: [{ name: 'patch_embed.weight', shape: [20], sources: [] }],
    });
    expect(() => checkLimits(other, small)).toThrow('patch_embed.weight');
  });

  it('refuses textures over the side limit and more elements than kernels index', () => {
    checkLimits(graphWith({ dtype: 'texture', shape: [8192, 1] }), DEFAULTS);
    expect(() => checkLimits(graphWith({ dtype: 'texture', shape: [1, 8193] }), DEFAULTS)).toThrow(
      expect.objectContaining({ code: 'LIMIT_TEXTURE', expected: 8192, actual: 8193 }),
    );
    const huge = { ...DEFAULTS, maxStorageBufferBindingSize: 2 ** 40, maxBufferSize: 2 ** 40 };
    expect(() => checkLimits(graphWith(f32(2 ** 16, 2 ** 15, 4)), huge)).toThrow(
      expect.objectContaining({ code: 'LIMIT_INDEX' }),
    );
  });
});
