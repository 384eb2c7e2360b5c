import type { Value } from '../graph/graph.js';
import { samePadding } from '../kernels/conv2d.js';
import { depthwise } from '../kernels/depthwise.js';
import type { Weights } from '../weights/weights.js';
import { biasOf, packedWeight, type ConvOptions } from './layers.js';
import { packDepthwise } from './packing.js';

/** Depthwise convolution with folded BatchNorm and TensorFlow SAME padding; the weight is [C,1,K,K] in the file. */
export function depthwiseConv(x: Value, weights: Weights, { stride = 1, act = 'none', norm }: Pick<ConvOptions, 'stride' | 'act' | 'norm'>): Value {
  const { graph } = x;
  const [H, W, C] = x.type.shape as [number, number, number];
  const K = weights.shapeOf('weight')?.[2] ?? 3;
  const weight = packedWeight(graph, weights.get('weight', [C, 1, K, K]), [K, K, C], 'depthwise', (values) => packDepthwise(values, C, K), norm);
  return graph.apply(depthwise, { x, weight, bias: biasOf(graph, weights, C, norm) }, { stride, pad: samePadding(H, W, K, stride), act, out: graph.storage }).y;
}
