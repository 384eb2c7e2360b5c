import { view, type Recipe, type StoredTensor, type Value } from '../../graph/graph.js';
import { avgPool } from '../../kernels/avg_pool.js';
import { concat } from '../../kernels/concat.js';
import { crossAttention } from '../../kernels/cross_attention.js';
import { gemm } from '../../kernels/gemm.js';
import type { Activation } from '../../kernels/store.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { conv, linear, zeros, type BatchNorm } from '../layers/layers.js';

const EPS = 1e-5;
/** Elements of a query of one head, and channels of a group of the convolutions. */
const HEAD_SIZE = 32;

/** Blocks of a stage: of `period` the last one is a transformer block, whose keys are means of `pool`² tokens. */
const STAGES = [
  { blocks: 3, period: 4, pool: 8 },
  { blocks: 4, period: 4, pool: 4 },
  { blocks: 30, period: 5, pool: 2 },
  { blocks: 3, period: 3, pool: 1 },
] as const;

const norm = (weights: Weights): BatchNorm => ({ weights, eps: EPS });

/**
 * Next-ViT-L encoder: picture [H,W,4] → maps of strides 4, 8, 16 and 32, f32. arXiv 2207.05501; bytedance/Next-ViT
 * classification/nextvit.py.
 */
export function nextVit(picture: Value, weights: Weights): Value[] {
  const { graph } = picture;
  let x = graph.scope('stem', () => stem(picture, weights.at('stem')));
  let first = 0;
  return STAGES.map(({ blocks, period, pool }, stage) => {
    for (let i = 0; i < blocks; i++) {
      const path = `features.${first + i}`;
      const halve = stage > 0 && i === 0;
      x = graph.scope(path, () => {
        const embedded = embed(x, weights.at(path).at('patch_embed'), halve);
        const transformer = (i + 1) % period === 0;
        return transformer ? transformerBlock(embedded, weights.at(path), pool) : convBlock(embedded, weights.at(path));
      });
    }
    first += blocks;
    return x;
  });
}

function stem(picture: Value, weights: Weights): Value {
  return [2, 1, 1, 2].reduce((x, stride, i) => {
    const layer = weights.at(i);
    const options = { stride, act: 'relu', norm: norm(layer.at('norm')) } as const;
    return conv(x, layer.at('conv'), i === 0 ? { ...options, channels: 3 } : options);
  }, picture);
}

/** Means of 2×2 pixels where the sides are halved, and a linear layer where the channels or the sides change. */
function embed(x: Value, weights: Weights, halve: boolean): Value {
  const { graph } = x;
  const pooled = halve ? graph.apply(avgPool, { x }, { window: [2, 2], out: graph.storage }).y : x;
  if (!halve && !weights.has('conv.weight')) return x;
  return linear(pooled, weights.at('conv'), { norm: norm(weights.at('norm')), out: 'f32' });
}

/** x += mhca(x); x += mlp(norm(x)). */
function convBlock(x: Value, weights: Weights): Value {
  return mlp(groupedConv(x, weights.at('mhca')), weights, weights.at('norm'));
}

/** x += attention(norm1(x)); y = projection(x); y += mhca(y); x = [x, y]; x += mlp(norm2(x)). */
function transformerBlock(x: Value, weights: Weights, pool: number): Value {
  const { graph } = x;
  const mixed = pooledAttention(x, weights.at('e_mhsa'), weights.at('norm1'), pool);
  const projection = weights.at('projection');
  const narrow = linear(mixed, projection.at('conv'), { norm: norm(projection.at('norm')), out: 'f32' });
  const local = groupedConv(narrow, weights.at('mhca'));
  const both = graph.apply(concat, { a: mixed, b: local }, { out: 'f32' }).y;
  return mlp(both, weights, weights.at('norm2'));
}

/** x + 1×1(relu(norm(3×3 in groups(x)))), which its authors call multi-head convolutional attention. */
function groupedConv(x: Value, weights: Weights): Value {
  const [, , C] = map3(x.type);
  const options = { groups: C / HEAD_SIZE, act: 'relu', norm: norm(weights.at('norm')) } as const;
  const mixed = conv(x, weights.at('group_conv3x3'), options);
  return linear(mixed, weights.at('projection'), { bias: zeros(x.graph, C), residual: x, out: 'f32' });
}

function mlp(x: Value, weights: Weights, before: Weights): Value {
  const hidden = linearBehind([before], x, [weights.at('mlp.conv1')], 'relu');
  return linear(hidden, weights.at('mlp.conv2'), { residual: x, out: 'f32' });
}

/**
 * x + attention whose keys and values are those of means of `pool`² tokens that follow each other in rows, whatever the
 * width of the map is; tokens left over are dropped.
 */
function pooledAttention(x: Value, weights: Weights, before: Weights, pool: number): Value {
  const { graph } = x;
  const [H, W, C] = map3(x.type);
  const tokens = view(x, [H * W, C]);
  const q = linearBehind([before], tokens, [weights.at('q')]);
  const window = [1, pool * pool] as const;
  const means =
    pool > 1 ? graph.apply(avgPool, { x: view(x, [1, H * W, C]) }, { window, out: graph.storage }).y : tokens;
  const norms = pool > 1 ? [before, weights.at('norm')] : [before];
  const source = view(means, [means.type.shape.at(-2) as number, C]);
  const kv = linearBehind(norms, source, [weights.at('k'), weights.at('v')]);
  const mixed = graph.apply(crossAttention, { q, kv }, { heads: C / HEAD_SIZE, out: graph.storage }).y;
  return linear(view(mixed, [H, W, C]), weights.at('proj'), { residual: x, out: 'f32' });
}

/**
 * Linear layers side by side on x behind BatchNorms, which are folded into them: means of x go through a norm as x
 * does.
 */
function linearBehind(
  norms: readonly Weights[],
  x: Value,
  layers: readonly Weights[],
  act: Activation = 'none',
): Value {
  const { graph } = x;
  const K = x.type.shape.at(-1) as number;
  const sizes = layers.map((layer) => layer.shapeOf('weight')?.[0] ?? 4);
  const N = sizes.reduce((sum, size) => sum + size, 0);
  const matrices = layers.map((layer, i) => {
    const rest = (layer.shapeOf('weight')?.length ?? 2) - 2;
    return layer.get('weight', [sizes[i] as number, K, ...new Array<number>(rest).fill(1)]);
  });
  const folded = norms.flatMap((each) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((name) => each.get(name, [K])),
  );
  const params = { layers: layers.length, eps: EPS };
  const weight = graph.constant({
    recipe: weightBehind,
    params,
    type: { dtype: graph.storage, shape: [K, N] },
    weights: [...matrices, ...folded],
  });
  const bias = graph.constant({
    recipe: biasBehind,
    params,
    type: { dtype: 'f32', shape: [N] },
    weights: [...matrices, ...folded, ...layers.map((layer, i) => layer.get('bias', [sizes[i] as number]))],
  });
  return graph.apply(gemm, { x, weight, bias }, { act, out: graph.storage }).y;
}

interface Behind extends Readonly<Record<string, number>> {
  readonly layers: number;
  readonly eps: number;
}

/** What BatchNorms one behind the other do to a channel, scale·x + shift, in f64. */
function affine(norms: readonly StoredTensor[], eps: number): { scale: Float64Array; shift: Float64Array } {
  const K = norms[0]?.values.length ?? 0;
  const [scale, shift] = [new Float64Array(K).fill(1), new Float64Array(K)];
  for (let i = 0; i < norms.length; i += 4) {
    const [gamma, beta, mean, variance] = norms.slice(i, i + 4).map(({ values }) => values);
    for (let k = 0; k < K; k++) {
      const factor = (gamma?.[k] as number) / Math.sqrt((variance?.[k] as number) + eps);
      scale[k] = (scale[k] as number) * factor;
      shift[k] = ((shift[k] as number) - (mean?.[k] as number)) * factor + (beta?.[k] as number);
    }
  }
  return { scale, shift };
}

/** W·diag(scale) of every layer, [K,N]. */
const weightBehind: Recipe<Behind> = {
  name: 'weight behind norms',
  pack(tensors, [K = 0, N = 0], { layers, eps }) {
    const { scale } = affine(tensors.slice(layers), eps);
    const packed = new Float32Array(K * N);
    let first = 0;
    for (const { values } of tensors.slice(0, layers)) {
      for (let i = 0; i < values.length; i++) {
        const k = i % K;
        packed[k * N + first + Math.floor(i / K)] = (values[i] as number) * (scale[k] as number);
      }
      first += values.length / K;
    }
    return packed;
  },
};

/** W·shift + bias of every layer, [N]. */
const biasBehind: Recipe<Behind> = {
  name: 'bias behind norms',
  pack(tensors, [N = 0], { layers, eps }) {
    const { shift } = affine(tensors.slice(layers, -layers), eps);
    const own = tensors.slice(-layers).flatMap(({ values }) => [...values]);
    const rows = tensors.slice(0, layers).flatMap(({ values }) => {
      const K = shift.length;
      return Array.from({ length: values.length / K }, (_, n) =>
        values.subarray(n * K, (n + 1) * K).reduce((sum, w, k) => sum + w * (shift[k] as number), 0),
      );
    });
    return Float32Array.from({ length: N }, (_, n) => (rows[n] as number) + (own[n] as number));
  },
};
