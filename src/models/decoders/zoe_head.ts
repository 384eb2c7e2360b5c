import type { Recipe, Value, WeightTensor } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import { zoeAttract, zoeDepth, zoeSeeds } from '../../kernels/zoe.js';
import { map3, numel } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { biasOf, linear } from '../layers/layers.js';
import { linearColumns } from '../layers/packing.js';
import type { LinearOptions } from '../layers/layers.js';

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
      const values = attractorValues(hidden, net.at('2'));
      const count = (net.shapeOf('2.weight')?.[0] ?? 16) / (normed ? 2 : 1);
      const last = k === levels.length - 1;
      return graph.apply(zoeAttract, { x: values, low: bins }, { normed, count, ...(last && range && { range }) }).y;
    });
  });
  return bins;
}

/** Linear layer to any number of channels, f32: a multiple of 4 are stored. */
function attractorValues(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [, , K] = map3(x.type);
  const N = weights.shapeOf('weight')?.[0] ?? 4;
  const width = 4 * Math.ceil(N / 4);
  const constant = (recipe: Recipe, dtype: 'f32' | 'f16', shape: readonly number[], tensor: WeightTensor) =>
    graph.constant({ recipe, type: { dtype, shape }, weights: [tensor] });
  const weight = constant(paddedLinear, graph.storage, [K, width], weights.get('weight', [N, K, 1, 1]));
  const bias = constant(padded, 'f32', [width], weights.get('bias', [N]));
  return graph.apply(gemm, { x, weight, bias }, { out: 'f32' }).y;
}

/** [N,K,1,1] → [K, width], zero from N on. */
const paddedLinear: Recipe = {
  name: 'padded linear',
  pack([weight], [K = 0, width = 0]) {
    const values = weight?.values as Float32Array;
    const packed = new Float32Array(K * width);
    values.forEach((value, i) => (packed[(i % K) * width + Math.floor(i / K)] = value));
    return packed;
  },
};

/** Vectors one after the other, then zeros. */
const padded: Recipe = {
  name: 'padded',
  pack(vectors, shape) {
    const packed = new Float32Array(numel(shape));
    packed.set(vectors.flatMap(({ values }) => [...values]));
    return packed;
  },
};

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
