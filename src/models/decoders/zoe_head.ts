import type { Recipe, Value } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import { zoeAttract, zoeDepth, zoeSeeds } from '../../kernels/zoe.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { biasOf, linear, type LinearOptions } from '../layers/layers.js';
import { linearColumns } from '../layers/packing.js';
import { narrowLinear, padded } from '../layers/narrow_linear.js';

/** Bins of a pixel. */
const BINS = 64;

/** What the metric head has of one grid. */
export interface ZoeLevel {
  /** Of the bins: [H,W,128]. */
  readonly embedding: Value;
  /** What attractors are made of, [H,W,128]. */
  readonly sum: Value;
}

/** Linear, ReLU, linear, under `0` and `2`. */
export function mlp(x: Value, weights: Weights, options: LinearOptions = {}): Value {
  return linear(linear(x, weights.at('0'), { act: 'relu' }), weights.at('2'), options);
}

/** Weights of the bins of a head. */
export interface BinWeights {
  readonly seeds: Weights;
  readonly attractors: Weights;
  /** As of the entry. */
  readonly range: readonly [number, number] | undefined;
}

/** Depth of the bins [H/2,W/2,64]: those of the coarsest grid, x, drawn to the attractors of each finer one. */
export function binsOf(x: Value, levels: readonly ZoeLevel[], { seeds, attractors, range }: BinWeights): Value {
  const { graph } = x;
  const normed = range !== undefined;
  let bins = graph.scope(
    'seeds',
    () => graph.apply(zoeSeeds, { x: mlp(x, seeds.at('_net'), { out: 'f32' }) }, { normed }).y,
  );
  levels.forEach(({ sum }, k) => {
    bins = graph.scope(`bins${k + 1}`, () => {
      const net = attractors.at(`${k}._net`);
      const hidden = linear(sum, net.at('0'), { act: 'relu' });
      const N = net.shapeOf('2.weight')?.[0] ?? 16;
      const values = narrowLinear(hidden, net.at('2'), N, graph.storage);
      const count = N / (normed ? 2 : 1);
      const last = k === levels.length - 1;
      return graph.apply(zoeAttract, { x: values, low: bins }, { normed, count, ...(last && range && { range }) }).y;
    });
  });
  return bins;
}

/** What the end of the head reads. */
export interface ZoeMaps {
  /** Of the relative head, before its last layer: [H,W,F], f32. */
  readonly features: Value;
  /** [LH,LW,128] */
  readonly embedding: Value;
  /** [LH,LW,64] */
  readonly bins: Value;
}

/**
 * Depth [H,W] by the conditional log-binomial distribution. The part of its first layer that reads the embedding
 * commutes with the resize, and is applied on the grid.
 * @param mlp its two layers
 * @param last the layer that makes relative depth of the features
 */
export function depthOf({ features, embedding, bins }: ZoeMaps, mlp: Weights, last: Weights): Value {
  const { graph } = features;
  const [, , F] = map3(features.type);
  const [, , E] = map3(embedding.type);
  const [M = 4, inputs = F + E] = mlp.shapeOf('0.weight') ?? [];
  const first = mlp.get('0.weight', [M, inputs, 1, 1]);
  const columns = (from: number, count: number, dtype: 'f32' | 'f16') => {
    const type = { dtype, shape: [count, M] };
    return graph.constant({ recipe: linearColumns, params: { from }, type, weights: [first] });
  };
  const own = inputs - E;
  const product = { x: embedding, weight: columns(own, E, graph.storage), bias: biasOf(graph, mlp.at('0'), M) };
  const coarse = graph.apply(gemm, product, { out: 'f32' }).y;
  const second = [mlp.get('2.weight', [4, M, 1, 1]), mlp.get('2.bias', [4])];
  const relative = [last.get('weight', [1, F, 1, 1]), last.get('bias', [1])];
  return graph.apply(
    zoeDepth,
    {
      features,
      embedding: coarse,
      bins,
      weight1: columns(0, own, 'f32'),
      weight2: graph.constant({ recipe: linearAndBias, type: { dtype: 'f32', shape: [M + 1, 4] }, weights: second }),
      relative: graph.constant({ recipe: padded, type: { dtype: 'f32', shape: [F + 4] }, weights: relative }),
      choose: graph.constant({ recipe: binomials, type: { dtype: 'f32', shape: [BINS] }, weights: [] }),
    },
    {},
  ).depth;
}

/** [4,M,1,1] and [4] → [M+1,4]. */
const linearAndBias: Recipe = {
  name: 'linear and bias',
  pack([weight, bias], [rows = 0, N = 0]) {
    const packed = new Float32Array(rows * N);
    const M = rows - 1;
    weight?.values.forEach((value, i) => (packed[(i % M) * N + Math.floor(i / M)] = value));
    packed.set(bias?.values ?? [], M * N);
    return packed;
  },
};

/** ln of the binomial coefficients of 63 by Stirling's formula, with the 1e-7 of the published code. */
const binomials: Recipe = {
  name: 'ln binomials',
  pack(_, [size = 0]) {
    const tiny = 1e-7;
    const n = size - 1 + tiny;
    return Float32Array.from({ length: size }, (_, i) => {
      const k = i + tiny;
      return n * Math.log(n) - k * Math.log(k) - (n - k) * Math.log(n - k + tiny);
    });
  },
};
