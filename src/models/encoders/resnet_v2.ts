import type { Recipe, StoredTensor, Value } from '../../graph/graph.js';
import { conv2d, samePadding } from '../../kernels/conv2d.js';
import { gemm } from '../../kernels/gemm.js';
import { groupNorm, type GroupNormAttrs } from '../../kernels/group_norm.js';
import { maxPool } from '../../kernels/max_pool.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { normVectors, zeros } from '../layers/layers.js';
import { packConv } from '../layers/packing.js';

const GROUPS = 32;
/** Of the group norms. */
const EPS = 1e-5;
/** Of the variance that weights are divided by. */
const WEIGHT_EPS = 1e-8;
/** Blocks of each stage. */
const STAGES = [3, 4, 9];

/**
 * ResNet-50 as the hybrid vision transformer cuts it, with weight standardisation and group norms: picture [H,W,4] →
 * maps of strides 4, 8 and 16. arXiv 1912.11370, 2010.11929; timm resnetv2.py, with preact false and padding SAME.
 */
export function resNetV2(picture: Value, weights: Weights): Value[] {
  const { graph } = picture;
  let x = graph.scope('stem', () => {
    const stem = weights.at('stem');
    const first = norm(standardConv(picture, stem.at('conv'), 2), stem.at('norm'), { act: 'relu' });
    const [H, W] = map3(first.type);
    return graph.apply(maxPool, { x: first }, { window: 3, stride: 2, pad: samePadding(H, W, 3, 2) }).y;
  });
  return STAGES.map((blocks, s) => {
    for (let b = 0; b < blocks; b++) {
      const stride = s > 0 && b === 0 ? 2 : 1;
      const path = `stages.${s}.blocks.${b}`;
      x = graph.scope(path, () => bottleneck(x, weights.at(path), stride));
    }
    return x;
  });
}

/** relu(shortcut(x) + 1×1(relu(3×3(relu(1×1(x)))))), a group norm behind each convolution. */
function bottleneck(x: Value, weights: Weights, stride: number): Value {
  const narrow = norm(standardConv(x, weights.at('conv1'), 1), weights.at('norm1'), { act: 'relu' });
  const mixed = norm(standardConv(narrow, weights.at('conv2'), stride), weights.at('norm2'), { act: 'relu' });
  const wide = standardConv(mixed, weights.at('conv3'), 1);
  const down = weights.at('downsample');
  const residual = down.has('conv.weight') ? norm(standardConv(x, down.at('conv'), stride), down.at('norm'), {}) : x;
  return norm(wide, weights.at('norm3'), { residual, act: 'relu' });
}

function norm(
  x: Value,
  weights: Weights,
  { residual, act = 'none' }: Pick<GroupNormAttrs, 'act'> & { readonly residual?: Value },
): Value {
  const { graph } = x;
  const [, , C] = map3(x.type);
  const inputs = { x, ...normVectors(graph, weights, C), residual };
  return graph.apply(groupNorm, inputs, { groups: GROUPS, eps: EPS, act, out: graph.storage }).y;
}

/** Convolution by a standardised weight without bias, SAME padding. */
function standardConv(x: Value, weights: Weights, stride: number): Value {
  const { graph } = x;
  const [H, W, P] = map3(x.type);
  const [N = 4, C = P, K = 1] = weights.shapeOf('weight') ?? [];
  const tensors = [weights.get('weight', [N, C, K, K])];
  const [bias, out] = [zeros(graph, N), graph.storage];
  const constant = (shape: readonly number[]) =>
    graph.constant({ recipe: standardised, type: { dtype: out, shape }, weights: tensors });
  if (K === 1 && stride === 1) return graph.apply(gemm, { x, weight: constant([P, N]), bias }, { out }).y;
  const pad = samePadding(H, W, K, stride);
  return graph.apply(conv2d, { x, weight: constant([K, K, P, N]), bias }, { stride, pad, out }).y;
}

/** [N,C,K,K] with mean 0 and variance 1 for each n, in f64 → [K,K,P,N], zero for the channels past C. */
const standardised: Recipe = {
  name: 'standardised conv',
  pack([weight], to) {
    const { values, shape } = weight as StoredTensor;
    const [N, C, K] = shape as [number, number, number];
    const size = C * K * K;
    const standard = new Float32Array(values.length);
    for (let n = 0; n < N; n++) {
      const own = values.subarray(n * size, (n + 1) * size);
      const mean = own.reduce((sum, v) => sum + v, 0) / size;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / size;
      const scale = 1 / Math.sqrt(variance + WEIGHT_EPS);
      for (let i = 0; i < size; i++) standard[n * size + i] = ((own[i] as number) - mean) * scale;
    }
    return packConv(standard, N, C, K * K, to.at(-2) as number);
  },
};
