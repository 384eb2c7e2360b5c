import type { Recipe, Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { gemm, patchEmbed } from '../../kernels/gemm.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear, packedWeight, vector, zeros } from '../layers/layers.js';
import { linearLayout, patchLayout } from '../layers/packing.js';
import { narrowLinear } from '../layers/narrow_linear.js';
import { layerNorm } from '../layers/transformer.js';

const HEADS = 4;
const LAYERS = 4;
const EPS = 1e-5;

/**
 * Which of two heads a picture is for: logits [1,4], f32, of which two count, of a map [H,W,C]. Tokens of its pixels
 * behind one of zeros go through four post-norm transformer layers, arXiv 1706.03762; isl-org/ZoeDepth
 * patch_transformer.py.
 */
export function domainLogits(x: Value, weights: Weights): Value {
  const { graph } = x;
  let tokens = embed(x, weights.at('patch_transformer.embedding_convPxP'));
  for (let l = 0; l < LAYERS; l++) {
    const layer = weights.at(`patch_transformer.transformer_encoder.layers.${l}`);
    tokens = graph.scope(`layers.${l}`, () => postNormLayer(tokens, layer));
  }
  const classifier = weights.at('mlp_classifier');
  const hidden = linear(tokens, classifier.at('0'), { rows: 'class', act: 'relu' });
  return narrowLinear(hidden, classifier.at('2'), 2, 'f32');
}

/** Tokens [1 + H·W, N], f32, with an encoding of their places, the first of zeros. */
function embed(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [H, W, C] = map3(x.type);
  const N = weights.shapeOf('weight')?.[0] ?? 128;
  const residual = graph.constant({
    recipe: places,
    type: { dtype: 'f32', shape: [1 + H * W, N] },
    weights: [weights.get('bias', [N])],
    perSize: true,
  });
  const weight = packedWeight(graph, weights.get('weight', [N, C, 1, 1]), patchLayout, [C, N]);
  return graph.apply(patchEmbed, { x, weight, bias: zeros(graph, N), residual }, { patch: 1 }).y;
}

/** t = norm1(t + attention(t)); norm2(t + linear(relu(linear(t)))). */
function postNormLayer(tokens: Value, weights: Weights): Value {
  const { graph } = tokens;
  const [, C] = tokens2(tokens.type);
  const attn = weights.at('self_attn');
  const qkv = graph.apply(
    gemm,
    {
      x: tokens,
      weight: packedWeight(graph, attn.get('in_proj_weight', [3 * C, C]), linearLayout, [C, 3 * C]),
      bias: vector(graph, attn.get('in_proj_bias', [3 * C])),
    },
    { out: graph.storage },
  ).y;
  const mixed = graph.apply(attention, { qkv }, { heads: HEADS, out: graph.storage }).y;
  const sum = linear(mixed, attn.at('out_proj'), { residual: tokens, out: 'f32' });
  const half = layerNorm(sum, weights.at('norm1'), { eps: EPS, out: 'f32' });
  const hidden = linear(half, weights.at('linear1'), { act: 'relu' });
  const whole = linear(hidden, weights.at('linear2'), { residual: half, out: 'f32' });
  return layerNorm(whole, weights.at('norm2'), { eps: EPS, out: 'f32' });
}

/** Sines and then cosines of each place, and for every pixel the bias. */
const places: Recipe = {
  name: 'places',
  pack([bias], [T = 0, N = 0]) {
    const table = new Float32Array(T * N);
    const half = N / 2;
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < N; c++) {
        const angle = t * 10000 ** (-(2 * (c % half)) / N);
        table[t * N + c] = (c < half ? Math.sin(angle) : Math.cos(angle)) + (t > 0 ? (bias?.values[c] as number) : 0);
      }
    }
    return table;
  },
};
