import type { Recipe, StoredTensor, Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { firstRow } from '../../kernels/first_row.js';
import { pairNorm } from '../../kernels/pair_norm.js';
import { rowPair } from '../../kernels/row_pair.js';
import type { Weights } from '../../weights/weights.js';
import { linear, normVectors } from '../layers/layers.js';
import { ResidualStream, type Lazy } from '../layers/residual_stream.js';
import { rotary } from '../layers/rotary.js';
import { selfAttention } from '../layers/transformer.js';
import { PATCH, scaledBlock } from './dinov2.js';
import { embedTokens, patchGrid } from './vit.js';

/** What the tensors cannot tell. */
export interface AlternatingConfig {
  readonly heads: number;
  /** Blocks, counted from 0, that the decoder reads. */
  readonly taps: readonly number[];
  /** The block from which on blocks see one view and all views in turn, odd ones all. */
  readonly from: number;
}

/** What one view gives. */
export interface ViewTokens {
  /** For each tap [1 + GH·GW, 2·C], after its norms. */
  readonly tapped: readonly Value[];
  /** The row of the camera in the last tap [1,2·C], before any norm. Asked for at once, it keeps no other rows. */
  camera(): Value;
}

/** Of the norms of blocks, and of all others. */
const EPS = { blocks: 1e-6, others: 1e-5 };
/** Of the angles that queries and keys are turned by. */
const BASE = 100;

/**
 * DINOv2 as Depth Anything 3 has it, on one view: picture [14·GH, 14·GW, 4] → for each tap the latest block that sees
 * one view beside the tapped one after the final norm, both after the norm of the head.
 * ByteDance-Seed/Depth-Anything-3 model/dinov2/vision_transformer.py.
 */
export function alternatingDinov2(
  picture: Value,
  weights: Weights,
  headNorm: Weights,
  { heads, taps, from }: AlternatingConfig,
): ViewTokens {
  const { graph } = picture;
  const grid = patchGrid(picture, PATCH);
  const tokens = graph.scope('patch_embed', () => embedTokens(picture, weights, { patch: PATCH, positions: 'offset' }));
  let x = ResidualStream.of(tokens, EPS.blocks);
  let ofOneView = x;
  const tapped: Lazy[] = [];
  for (let i = 0; i <= Math.max(...taps); i++) {
    graph.scope(`blocks.${i}`, () => {
      if (i === from) x = ResidualStream.of(withCamera(x.value()(), weights), EPS.blocks);
      const ofAll = i >= from && i % 2 === 1;
      x = scaledBlock(x, weights.at(`blocks.${i}`), (normed, attn) =>
        i < from ? selfAttention(normed, attn, heads) : turnedAttention(normed, attn, { heads, grid, together: ofAll }),
      );
      if (!ofAll) ofOneView = x;
      if (!taps.includes(i)) return;
      const [first, second, later] = [ofOneView.value(), x.norm(weights.at('norm'), EPS.others), graph.hereLater()];
      tapped.push(() => later(() => joined(first(), second(), headNorm)));
    });
  }
  const [first, second] = [ofOneView.value(), x.value()];
  return {
    tapped: tapped.map((tap) => tap()),
    camera: () => graph.apply(rowPair, { first: first(), second: second() }, { out: graph.storage }).y,
  };
}

/** Attention with queries and keys normalised and turned by the place of their patch, the same for all or its own. */
function turnedAttention(
  x: Value,
  weights: Weights,
  { heads, grid, together }: { heads: number; grid: readonly [number, number]; together: boolean },
): Value {
  const qkv = rotary(linear(x, weights.at('qkv')), weights, BASE, { heads, grid, together, eps: EPS.others });
  return x.graph.apply(attention, { qkv }, { heads, out: x.graph.storage }).y;
}

/** Tokens with the camera of the only view in place of the class token. */
function withCamera(tokens: Value, weights: Weights): Value {
  const C = tokens.type.shape[1] as number;
  const row = tokens.graph.constant({
    recipe: firstOfTwo,
    type: { dtype: 'f32', shape: [C] },
    weights: [weights.get('camera_token', [1, 2, C])],
  });
  return tokens.graph.apply(firstRow, { x: tokens, row }, {}).y;
}

/** The camera of the first view; the second row is that of all others. */
const firstOfTwo: Recipe = {
  name: 'first of two',
  pack: ([both], [C]) => (both as StoredTensor).values.slice(0, C),
};

function joined(first: Value, second: Value, norm: Weights): Value {
  const { graph, type } = first;
  const channels = 2 * (type.shape[1] as number);
  const inputs = { first, second, ...normVectors(graph, norm, channels) };
  return graph.apply(pairNorm, inputs, { eps: EPS.others, out: graph.storage }).y;
}
