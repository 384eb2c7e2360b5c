import type { Value } from '../../graph/graph.js';
import { samePadding } from '../../kernels/conv2d.js';
import { depthwise } from '../../kernels/depthwise.js';
import { fitsSeparable, separable } from '../../kernels/separable.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { biasOf, linear, linearWeight, packedWeight, type BatchNorm } from './layers.js';
import { depthwiseLayout } from './packing.js';

/** Weights of a depthwise convolution and of the 1×1 layer that follows, each with its BatchNorm. */
export interface SeparableWeights {
  /** The weight is [C,1,K,K] in the file. */
  readonly depthwise: Weights;
  readonly depthwiseNorm: BatchNorm;
  readonly linear: Weights;
  readonly linearNorm: BatchNorm;
}

/**
 * Depthwise convolution with TensorFlow SAME padding, ReLU6, 1×1 layer: one dispatch where the result has few channels.
 */
export function depthwiseThenLinear(
  x: Value,
  weights: SeparableWeights,
  { stride = 1, residual }: { readonly stride?: number; readonly residual?: Value | undefined } = {},
): Value {
  const { graph } = x;
  const [H, W, C] = map3(x.type);
  const K = weights.depthwise.shapeOf('weight')?.[2] ?? 3;
  const kernel = packedWeight(
    graph,
    weights.depthwise.get('weight', [C, 1, K, K]),
    depthwiseLayout,
    [K, K, C],
    weights.depthwiseNorm,
  );
  const shift = biasOf(graph, weights.depthwise, C, weights.depthwiseNorm);
  const attrs = { stride, pad: samePadding(H, W, K, stride), out: graph.storage };
  const N = weights.linear.shapeOf('weight')?.[0] ?? 4;
  if (!fitsSeparable(N)) {
    const mixed = graph.apply(depthwise, { x, weight: kernel, bias: shift }, { ...attrs, act: 'relu6' }).y;
    return linear(mixed, weights.linear, { norm: weights.linearNorm, residual });
  }
  const weight = linearWeight(x, weights.linear, weights.linearNorm);
  return graph.apply(
    separable,
    { x, kernel, shift, weight, bias: biasOf(graph, weights.linear, N, weights.linearNorm), residual },
    attrs,
  ).y;
}
