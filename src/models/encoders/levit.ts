import { view, type Recipe, type Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { grid } from '../../kernels/attention_grid.js';
import { conv2d, padding } from '../../kernels/conv2d.js';
import { crossAttention } from '../../kernels/cross_attention.js';
import { gemm } from '../../kernels/gemm.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { batchNormShift, biasOf, conv, linear, linearWeight, type BatchNorm } from '../layers/layers.js';
import { linearLayout, type LayoutParams } from '../layers/packing.js';

const EPS = 1e-5;
/** Elements of a query, and of a key, of one head. */
const KEY = 32;
/** Blocks, counted from 0, whose attention halves the sides. */
const HALVING = [8, 18];
/** Blocks, counted from 0, whose outputs the decoder reads. */
const TAPS = [3, 11, 21];

const norm = (weights: Weights): BatchNorm => ({ weights: weights.at('bn'), eps: EPS });

/**
 * LeViT-384 encoder: picture [H,W,4] → three maps of strides 16, 32 and 64, f32; odd sides are halved up. Of blocks,
 * the even ones are attention and the odd ones an MLP. arXiv 2104.01136; timm levit.py.
 */
export function levit(picture: Value, weights: Weights): Value[] {
  const { graph } = picture;
  let map = graph.scope('patch_embed', () => stem(picture, weights.at('patch_embed')));
  const tapped: Value[] = [];
  for (let i = 0; i <= Math.max(...TAPS); i++) {
    const block = weights.at(`blocks.${i}`);
    map = graph.scope(`blocks.${i}`, () => {
      if (HALVING.includes(i)) return halvingAttention(map, block);
      return i % 2 === 0 ? selfAttention(map, block.at('m')) : mlp(map, block.at('m'));
    });
    if (TAPS.includes(i)) tapped.push(map);
  }
  return tapped;
}

/** Four convolutions that halve the sides. */
function stem(picture: Value, weights: Weights): Value {
  return [0, 2, 4, 6].reduce((x, i) => {
    const [layer, last] = [weights.at(i), i === 6];
    return conv(x, layer.at('c'), {
      stride: 2,
      norm: norm(layer),
      act: last ? 'none' : 'hardswish',
      ...(i === 0 ? { channels: 3 } : {}),
      ...(last ? { out: 'f32' as const } : {}),
    });
  }, picture);
}

/** x + fc2(hardswish(fc1(x))), each with its BatchNorm. */
function mlp(x: Value, weights: Weights): Value {
  const [first, second] = [weights.at('0'), weights.at('2')];
  const hidden = linear(x, first.at('c'), { norm: norm(first), act: 'hardswish' });
  return linear(hidden, second.at('c'), { norm: norm(second), residual: x, out: 'f32' });
}

/** x + proj(hardswish(attention(x))). */
function selfAttention(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [H, W] = map3(x.type);
  const heads = headsOf(weights);
  const made = byPart(x, weights.at('qkv'), { heads, queries: KEY, values: 2 * KEY });
  const qkv = view(made, [H * W, 4 * KEY * heads]);
  const bias = signedBias(x, weights, heads, 1);
  const attrs = { heads, valueSize: 2 * KEY, where: grid({ keys: [H, W] }), act: 'hardswish' } as const;
  const mixed = graph.apply(attention, { qkv, bias }, { ...attrs, out: graph.storage }).y;
  const proj = weights.at('proj.1');
  return linear(view(mixed, [H, W, 2 * KEY * heads]), proj.at('c'), { norm: norm(proj), residual: x, out: 'f32' });
}

/** proj(hardswish(attention(x))) with the queries of every second row and column. */
function halvingAttention(x: Value, weights: Weights): Value {
  const { graph } = x;
  const heads = headsOf(weights);
  const [H, W, C] = map3(x.type);
  const [q, values] = [weights.at('q.1'), 4 * KEY];
  const weight = view(linearWeight(x, q.at('c'), norm(q)), [1, 1, C, heads * KEY]);
  const inputs = { x, weight, bias: biasOf(graph, q.at('c'), heads * KEY, norm(q)) };
  const queries = graph.apply(conv2d, inputs, { stride: 2, pad: padding(0), out: graph.storage }).y;
  const [h, w] = map3(queries.type);
  const kv = byPart(x, weights.at('kv'), { heads, queries: 0, values });
  const mixed = graph.apply(
    crossAttention,
    {
      q: view(queries, [h * w, heads * KEY]),
      kv: view(kv, [H * W, heads * (KEY + values)]),
      bias: signedBias(x, weights, heads, 2),
    },
    { heads, where: grid({ keys: [H, W], queries: [h, w], stride: 2 }), act: 'hardswish', out: graph.storage },
  ).y;
  const proj = weights.at('proj.1');
  return linear(view(mixed, [h, w, heads * values]), proj.at('c'), { norm: norm(proj), out: 'f32' });
}

function headsOf(weights: Weights): number {
  return weights.shapeOf('attention_biases')?.[0] ?? 6;
}

/** Elements of the parts of one head; a key has `KEY`. */
interface Parts extends LayoutParams {
  readonly heads: number;
  readonly queries: number;
  readonly values: number;
}

/** Linear layer with its BatchNorm that makes the queries of all heads, then their keys, then their values. */
function byPart(x: Value, weights: Weights, parts: Parts): Value {
  const { graph } = x;
  const [, , C] = map3(x.type);
  const N = parts.heads * (parts.queries + KEY + parts.values);
  const bn = weights.at('bn');
  const vectors = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => bn.get(name, [N]));
  const params = { ...parts, eps: EPS };
  const weight = graph.constant({
    recipe: partsOfLinear,
    params,
    type: { dtype: graph.storage, shape: [C, N] },
    weights: [weights.get('c.weight', [N, C]), ...vectors.filter((_, i) => i % 3 === 0)],
  });
  const bias = graph.constant({ recipe: partsOfShift, params, type: { dtype: 'f32', shape: [N] }, weights: vectors });
  return graph.apply(gemm, { x, weight, bias }, { out: graph.storage }).y;
}

/** A recipe whose columns, in the file the parts of one head after those of another, become parts of all heads. */
function partsOf(recipe: Recipe<LayoutParams>): Recipe<Parts> {
  return {
    name: `${recipe.name} by part`,
    pack(weights, shape, params) {
      const { heads, queries, values } = params;
      const packed = recipe.pack(weights, shape, params);
      const N = shape.at(-1) as number;
      const row = N / heads;
      const sorted = new Float32Array(packed.length);
      for (let head = 0; head < heads; head++) {
        let start = 0;
        for (const size of [queries, KEY, values]) {
          for (let at = 0; at < packed.length; at += N) {
            const from = at + head * row + start;
            sorted.set(packed.subarray(from, from + size), at + heads * start + head * size);
          }
          start += size;
        }
      }
      return sorted;
    },
  };
}

const partsOfLinear = partsOf(linearLayout);
const partsOfShift = partsOf(batchNormShift as Recipe<LayoutParams>);

/** Bias of the scores by offset for `grid`: in the file it is by how far rows and columns are apart, [heads,H·W]. */
function signedBias({ graph, type }: Value, weights: Weights, heads: number, stride: number): Value {
  const [H, W] = map3(type);
  const spans = [H, W].map((side) => stride * (Math.ceil(side / stride) - 1) + side) as [number, number];
  return graph.constant({
    recipe: signedOffsets,
    params: { H, W, span: spans[1] },
    type: { dtype: 'f32', shape: [heads, spans[0] * spans[1]] },
    weights: [weights.get('attention_biases', [heads, H * W])],
  });
}

const signedOffsets: Recipe<{ readonly H: number; readonly W: number; readonly span: number }> = {
  name: 'signed offsets',
  pack([biases], [heads = 0, offsets = 0], { H, W, span }) {
    const table = new Float32Array(heads * offsets);
    for (let i = 0; i < table.length; i++) {
      const [head, offset] = [Math.floor(i / offsets), i % offsets];
      const [dy, dx] = [Math.abs(Math.floor(offset / span) - H + 1), Math.abs((offset % span) - W + 1)];
      table[i] = biases?.values[head * H * W + dy * W + dx] as number;
    }
    return table;
  },
};
