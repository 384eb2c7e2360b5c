import type { Value } from '../../graph/graph.js';
import { padding } from '../../kernels/conv2d.js';
import { maxPool } from '../../kernels/max_pool.js';
import type { Weights } from '../../weights/weights.js';
import { conv, linear, type BatchNorm } from '../layers/layers.js';

const EPS = 1e-5;
/** Groups of the 3×3 convolutions: 32 of 8 channels in the first stage, and of twice as many in each one after. */
const GROUPS = 32;

const norm = (weights: Weights): BatchNorm => ({ weights, eps: EPS });

/**
 * ResNeXt101-32x8d encoder as MiDaS cuts it: picture [H,W,4] → four maps of strides 4, 8, 16, 32. Block counts are read
 * from the tensors. arXiv 1611.05431; torchvision resnet.py, whose stride is in the 3×3 convolution.
 */
export function resNext(picture: Value, weights: Weights): Value[] {
  const { graph } = picture;
  const stem = weights.at('layer1');
  const first = graph.scope('layer1.0', () =>
    conv(picture, stem.at('0'), { stride: 2, channels: 3, act: 'relu', norm: norm(stem.at('1')) }),
  );
  let x = graph.scope(
    'layer1.3',
    () => graph.apply(maxPool, { x: first }, { window: 3, stride: 2, pad: padding(1) }).y,
  );
  return ['layer1.4', 'layer2', 'layer3', 'layer4'].map((path, i) => {
    x = graph.scope(path, () => stage(x, weights.at(path), i === 0 ? 1 : 2));
    return x;
  });
}

/** A run of bottlenecks; the first one has the stride. */
function stage(x: Value, weights: Weights, stride: number): Value {
  for (let i = 0; ['conv1', 'conv2', 'conv3'].some((name) => weights.has(`${i}.${name}.weight`)); i++) {
    x = x.graph.scope(String(i), () => bottleneck(x, weights.at(i), i === 0 ? stride : 1));
  }
  return x;
}

/** relu(shortcut(x) + 1×1(relu(grouped 3×3(relu(1×1(x)))))), each with its BatchNorm. */
function bottleneck(x: Value, weights: Weights, stride: number): Value {
  const narrow = linear(x, weights.at('conv1'), { act: 'relu', norm: norm(weights.at('bn1')) });
  const mixed = conv(narrow, weights.at('conv2'), {
    stride,
    groups: GROUPS,
    act: 'relu',
    norm: norm(weights.at('bn2')),
  });
  const residual = weights.has('downsample.0.weight') ? shortcut(x, weights.at('downsample'), stride) : x;
  return linear(mixed, weights.at('conv3'), { residual, reluSum: true, norm: norm(weights.at('bn3')) });
}

function shortcut(x: Value, weights: Weights, stride: number): Value {
  return conv(x, weights.at('0'), { stride, norm: norm(weights.at('1')) });
}
