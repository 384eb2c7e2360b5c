import { view, type Recipe, type StoredTensor, type Value } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight } from '../layers/layers.js';

/** Channels of what the last layer makes: as few as a product has. */
const ANGLES = 4;

/**
 * Degrees from top to bottom and from side to side, and two zeros [4], by the decoder of cameras of Depth Anything 3:
 * two linear layers and that of the field of view, each with ReLU.
 * @param row [1,C] of the camera
 */
export function fieldOfView(row: Value, weights: Weights): Value {
  const { graph } = row;
  const hidden = linear(row, weights.at('backbone.0'), { act: 'relu' });
  const x = linear(hidden, weights.at('backbone.2'), { act: 'relu' });
  const last = weights.at('fc_fov.0');
  const C = x.type.shape[1] as number;
  const weight = packedWeight(graph, last.get('weight', [2, C]), degrees, [C, ANGLES]);
  const bias = packedWeight(graph, last.get('bias', [2]), degrees, [ANGLES], undefined, 'f32');
  return view(graph.apply(gemm, { x, weight, bias }, { act: 'relu', out: 'f32' }).y, [ANGLES]);
}

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
