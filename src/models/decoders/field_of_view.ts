import { view, type Recipe, type StoredTensor, type Value } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight, vector, zeros } from '../layers/layers.js';

/** Channels of what the last layer makes: as few as a product has. */
const ANGLES = 4;

/**
 * Degrees from top to bottom and from side to side, and two zeros [4], by the decoder of cameras of Depth Anything 3:
 * two linear layers and the one of the field of view, each with ReLU, on the two rows of the camera side by side.
 * @param halves [T,C] each, of which the first row counts
 */
export function fieldOfView([first, second]: readonly [Value, Value], weights: Weights): Value {
  const { graph } = first;
  const [, C] = first.type.shape as [number, number];
  const joined = 2 * C;
  const [inner, outer, last] = ['backbone.0', 'backbone.2', 'fc_fov.0'].map((name) => weights.at(name)) as [
    Weights,
    Weights,
    Weights,
  ];
  // A product with rows side by side is the sum of one with each.
  const matrix = inner.get('weight', [joined, joined]);
  const half = (from: number) =>
    graph.constant({
      recipe: columns,
      params: { from },
      type: { dtype: graph.storage, shape: [C, joined] },
      weights: [matrix],
    });
  const bias = vector(graph, inner.get('bias', [joined]));
  const rows = 'class';
  const ofFirst = graph.apply(gemm, { x: first, weight: half(0), bias }, { out: 'f32', rows }).y;
  const sum = { x: second, weight: half(C), bias: zeros(graph, joined), residual: ofFirst };
  const hidden = graph.apply(gemm, sum, { out: graph.storage, reluSum: true, rows }).y;
  const features = linear(hidden, outer, { act: 'relu' });
  const shape = [joined, ANGLES];
  const weight = packedWeight(graph, last.get('weight', [2, joined]), degrees, shape);
  const shift = { recipe: degrees, type: { dtype: 'f32', shape: [ANGLES] } as const, weights: [last.get('bias', [2])] };
  const angles = { x: features, weight, bias: graph.constant(shift) };
  return view(graph.apply(gemm, angles, { act: 'relu', out: 'f32' }).y, [ANGLES]);
}

/** Columns [N,K] of a linear layer from one on, as many as the constant [K,N] has rows. */
const columns: Recipe<{ readonly from: number }> = {
  name: 'columns',
  pack([weight], [K = 0, N = 0], { from }) {
    const { values, shape } = weight as StoredTensor;
    const all = shape[1] as number;
    return Float32Array.from({ length: K * N }, (_, i) => values[(i % N) * all + from + Math.floor(i / N)] as number);
  },
};

/** Two outputs of a linear layer in radians as [K,4] or [4] in degrees: ReLU lets a factor pass. */
const degrees: Recipe = {
  name: 'degrees',
  pack([weight], shape) {
    const { values } = weight as StoredTensor;
    const packed = new Float32Array(shape.reduce((size, side) => size * side, 1));
    const K = packed.length / ANGLES;
    values.forEach((radians, i) => (packed[(i % K) * ANGLES + Math.floor(i / K)] = (radians * 180) / Math.PI));
    return packed;
  },
};
