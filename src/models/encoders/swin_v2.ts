import { view, type Recipe, type StoredTensor, type Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { windows, type WindowOptions } from '../../kernels/attention_windows.js';
import { conv2d, padding } from '../../kernels/conv2d.js';
import { headUnit } from '../../kernels/head_unit.js';
import { postNorm } from '../../kernels/post_norm.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { keylessQkv } from '../layers/keyless_qkv.js';
import { linear, normVectors, zeros } from '../layers/layers.js';
import { layerNorm } from '../layers/transformer.js';
import { EPS, HEAD_SIZE, swin } from './swin.js';

/** What a file's tensors cannot tell. */
export interface SwinV2Config {
  readonly depths: readonly number[];
  readonly window: number;
  /** Sides of the windows of each stage in pre-training, which offsets are counted in; 0 for those of now. */
  readonly pretrained: readonly number[];
}

/** Swin Transformer V2 encoder, arXiv 2111.09883: picture [H,W,4] → maps of strides 4, 8, 16 and 32, f32. */
export function swinV2(picture: Value, weights: Weights, { depths, window, pretrained }: SwinV2Config): Value[] {
  return swin(picture, weights, {
    depths,
    window,
    merge,
    blocks: (x, stage, index, all) =>
      all.reduce((tokens, where, i) => {
        const path = `blocks.${i}`;
        return x.graph.scope(path, () => block(tokens, stage.at(path), where, pretrained[index] as number));
      }, x),
  });
}

/** Post-norm block: x += norm1(attn(x)); x += norm2(mlp(x)). */
function block(x: Value, weights: Weights, where: WindowOptions, pretrained: number): Value {
  const mixed = cosineAttention(x, weights.at('attn'), where, pretrained);
  const half = addNorm(x, linear(mixed, weights.at('attn.proj'), { out: 'f32' }), weights.at('norm1'));
  const mlp = weights.at('mlp');
  const inner = linear(half, mlp.at('fc1'), { act: 'gelu' });
  return addNorm(half, linear(inner, mlp.at('fc2'), { out: 'f32' }), weights.at('norm2'));
}

/** residual + norm(x), f32. */
function addNorm(residual: Value, x: Value, weights: Weights): Value {
  const { graph } = x;
  const [, C] = tokens2(x.type);
  return graph.apply(postNorm, { x, ...normVectors(graph, weights, C), residual }, { eps: EPS }).y;
}

/** Scores are cosines times a factor of the head; the bias of an offset comes from a small network on it. */
function cosineAttention(x: Value, weights: Weights, where: WindowOptions, pretrained: number): Value {
  const { graph } = x;
  const heads = tokens2(x.type)[1] / HEAD_SIZE;
  const factor = graph.constant({
    recipe: scoreFactor,
    type: { dtype: 'f32', shape: [heads] },
    weights: [weights.get('logit_scale', [heads, 1, 1])],
  });
  const mlp = weights.at('cpb_mlp');
  const bias = graph.constant({
    recipe: offsetBias,
    params: { window: where.side, pretrained: pretrained || where.side },
    type: { dtype: 'f32', shape: [heads, (2 * where.side - 1) ** 2] },
    weights: [mlp.get('0.weight', [HIDDEN, 2]), mlp.get('0.bias', [HIDDEN]), mlp.get('2.weight', [heads, HIDDEN])],
  });
  const qkv = graph.apply(headUnit, { qkv: keylessQkv(x, weights), factor }, { heads, out: graph.storage }).y;
  return graph.apply(attention, { qkv, bias }, { heads, scale: 1, where: windows(where), out: graph.storage }).y;
}

const scoreFactor: Recipe = {
  name: 'score factor',
  pack: ([logits]) => (logits as StoredTensor).values.map((logit) => Math.exp(Math.min(logit, Math.log(100)))),
};

/** Units of the network of offsets. */
const HIDDEN = 512;

/**
 * 16·sigmoid(W2·relu(W1·[dy, dx] + b1)), [heads, (2·window - 1)²] by offset, rows before columns, in f64. Offsets are
 * sign(v)·log2(|v| + 1)/log2(8) of v = 8·offset/(pretrained - 1).
 */
const offsetBias: Recipe<{ readonly window: number; readonly pretrained: number }> = {
  name: 'offset bias',
  pack(weights, [heads = 0, offsets = 0], { window, pretrained }) {
    const [first, firstBias, second] = weights.map(({ values }) => Float64Array.from(values)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const span = 2 * window - 1;
    const steps = Array.from({ length: span }, (_, i) => {
      const v = (8 * (i - window + 1)) / (pretrained - 1);
      return (Math.sign(v) * Math.log2(Math.abs(v) + 1)) / Math.log2(8);
    });
    const table = new Float32Array(heads * offsets);
    const hidden = new Float64Array(HIDDEN);
    for (let offset = 0; offset < offsets; offset++) {
      const [dy, dx] = [steps[Math.floor(offset / span)] as number, steps[offset % span] as number];
      for (let i = 0; i < HIDDEN; i++) {
        const sum = (first[2 * i] as number) * dy + (first[2 * i + 1] as number) * dx + (firstBias[i] as number);
        hidden[i] = Math.max(sum, 0);
      }
      for (let head = 0; head < heads; head++) {
        let sum = 0;
        for (let i = 0; i < HIDDEN; i++) sum += (second[head * HIDDEN + i] as number) * (hidden[i] as number);
        table[head * offsets + offset] = 16 / (1 + Math.exp(-sum));
      }
    }
    return table;
  },
};

/** Layer norm of a linear layer on four neighbours, which is a 2×2 convolution of stride 2. */
function merge(map: Value, weights: Weights): Value {
  const { graph } = map;
  const [H, W, C] = map3(map.type);
  const weight = graph.constant({
    recipe: mergeLayout,
    type: { dtype: graph.storage, shape: [2, 2, C, 2 * C] },
    weights: [weights.get('reduction.weight', [2 * C, 4 * C])],
  });
  const inputs = { x: map, weight, bias: zeros(graph, 2 * C) };
  const { y } = graph.apply(conv2d, inputs, { stride: 2, pad: padding(0), out: 'f32' });
  return layerNorm(view(y, [(H * W) / 4, 2 * C]), weights.at('norm'), { eps: EPS, out: 'f32' });
}

/**
 * [N,4·C] on the pixels of a square → [2,2,C,N]. In the file the square is column by column: (0,0), (1,0), (0,1),
 * (1,1), each a row before a column.
 */
const mergeLayout: Recipe = {
  name: 'merge',
  pack([weight], [, , C = 0, N = 0]) {
    const { values } = weight as StoredTensor;
    const packed = new Float32Array(values.length);
    for (let n = 0; n < N; n++) {
      for (let place = 0; place < 4; place++) {
        const tap = 2 * (place % 2) + Math.floor(place / 2);
        for (let c = 0; c < C; c++) packed[(tap * C + c) * N + n] = values[(n * 4 + place) * C + c] as number;
      }
    }
    return packed;
  },
};
