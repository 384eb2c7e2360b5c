import type { Value } from '../../graph/graph.js';
import { samePadding } from '../../kernels/conv2d.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { depthwiseThenLinear } from '../layers/depthwise.js';
import { conv, linear, type BatchNorm } from '../layers/layers.js';

/** BatchNorm eps of the TensorFlow weights. */
const EPS = 1e-3;

/** Stages after the stem, by their path in the checkpoint; the tapped ones end a stride. */
const STAGES = [
  { path: 'layer1.4', stride: 2, tapped: true },
  { path: 'layer2.0', stride: 2, tapped: true },
  { path: 'layer3.0', stride: 2, tapped: false },
  { path: 'layer3.1', stride: 1, tapped: true },
  { path: 'layer4.0', stride: 2, tapped: false },
  { path: 'layer4.1', stride: 1, tapped: true },
] as const;

/**
 * Convolutions of a block. One of them tells of a block, so that a block that lacks another is not taken for the end.
 */
const BLOCK = ['conv_pw', 'conv_dw', 'conv_pwl'];

const norm = (weights: Weights): BatchNorm => ({ weights, eps: EPS });

/**
 * EfficientNet-Lite encoder as MiDaS small cuts it: picture [H,W,4] → four maps of strides 4, 8, 16, 32. Widths, kernel
 * sizes and block counts are read from the tensors. arXiv 1905.11946 without squeeze-excitation and with ReLU6;
 * rwightman/gen-efficientnet-pytorch tf_efficientnet_lite3.
 */
export function efficientNetLite(picture: Value, weights: Weights): Value[] {
  const { graph } = picture;
  const layer1 = weights.at('layer1');
  const [H, W] = map3(picture.type);
  const stemPad = samePadding(H, W, 3, 2);
  let x = graph.scope('layer1.0', () =>
    conv(picture, layer1.at('0'), { stride: 2, pad: stemPad, act: 'relu6', channels: 3, norm: norm(layer1.at('1')) }),
  );
  x = graph.scope('layer1.3', () => separable(x, layer1.at('3.0')));
  const maps: Value[] = [];
  for (const { path, stride, tapped } of STAGES) {
    x = graph.scope(path, () => stage(x, weights.at(path), stride));
    if (tapped) maps.push(x);
  }
  return maps;
}

/** Depthwise separable block without expansion or residual. */
function separable(x: Value, weights: Weights): Value {
  return depthwiseThenLinear(x, {
    depthwise: weights.at('conv_dw'),
    depthwiseNorm: norm(weights.at('bn1')),
    linear: weights.at('conv_pw'),
    linearNorm: norm(weights.at('bn2')),
  });
}

/** A run of inverted residual blocks; the first one has the stride. */
function stage(x: Value, weights: Weights, stride: number): Value {
  for (let i = 0; BLOCK.some((name) => weights.has(`${i}.${name}.weight`)); i++) {
    x = x.graph.scope(String(i), () => invertedResidual(x, weights.at(i), i === 0 ? stride : 1));
  }
  return x;
}

/** Expand 1×1, depthwise, project 1×1 without activation; residual where the shape allows. */
function invertedResidual(x: Value, weights: Weights, stride: number): Value {
  const expanded = linear(x, weights.at('conv_pw'), { act: 'relu6', norm: norm(weights.at('bn1')) });
  const same = stride === 1 && weights.shapeOf('conv_pwl.weight')?.[0] === x.type.shape[2];
  const rest = {
    depthwise: weights.at('conv_dw'),
    depthwiseNorm: norm(weights.at('bn2')),
    linear: weights.at('conv_pwl'),
    linearNorm: norm(weights.at('bn3')),
  };
  return depthwiseThenLinear(expanded, rest, { stride, residual: same ? x : undefined });
}
