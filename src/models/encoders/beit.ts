import type { Recipe, Value } from '../../graph/graph.js';
import { attention } from '../../kernels/attention.js';
import { grid } from '../../kernels/attention_grid.js';
import type { Weights } from '../../weights/weights.js';
import { keylessQkv } from '../layers/keyless_qkv.js';
import { resizePositions } from './position_embedding.js';
import { embedTokens, patchGrid, tappedBlocks, type BlockParts, type TapOptions } from './vit.js';

/** Side of a patch in pixels. */
export const PATCH = 16;

/**
 * BEiT encoder: picture [16·GH, 16·GW, 4] → the tapped blocks, tokens [1 + GH·GW, C], f32, the class token first. The
 * tables of position biases are resized to the grid. arXiv 2106.08254; timm beit.py, isl-org/MiDaS
 * midas/backbones/beit.py.
 */
export function beit(picture: Value, weights: Weights, options: TapOptions): Value[] {
  const { graph } = picture;
  const sides = patchGrid(picture, PATCH);
  const tokens = graph.scope('patch_embed', () =>
    embedTokens(picture, weights, { patch: PATCH, positions: undefined }),
  );
  return tappedBlocks(tokens, weights, options, (block): BlockParts => {
    const C = block.shapeOf('gamma_1')?.[0] ?? 768;
    return {
      attention: (x, attn) => biasedAttention(x, attn, options.heads, sides),
      scales: [block.get('gamma_1', [C]), block.get('gamma_2', [C])],
    };
  });
}

/** Attention on tokens [T,C] with a bias by offset on the grid, before the output projection. */
function biasedAttention(x: Value, weights: Weights, heads: number, [gh, gw]: readonly [number, number]): Value {
  const { graph } = x;
  const rows = weights.shapeOf('relative_position_bias_table')?.[0] ?? 2212;
  const bias = graph.constant({
    recipe: offsetBiases,
    params: { gh, gw },
    type: { dtype: 'f32', shape: [heads, (2 * gh - 1) * (2 * gw - 1) + CLASSES] },
    weights: [weights.get('relative_position_bias_table', [rows, heads])],
    perSize: true,
  });
  const where = grid({ keys: [gh, gw], classToken: true });
  return graph.apply(attention, { qkv: keylessQkv(x, weights), bias }, { heads, where, out: graph.storage }).y;
}

/** Last rows of a table: class to patch, patch to class, class to class. */
const CLASSES = 3;

/** [(2W-1)² + 3, heads] of a window of W → [heads, (2·GH-1)·(2·GW-1) + 3], resized as one picture for each head. */
const offsetBiases: Recipe<{ readonly gh: number; readonly gw: number }> = {
  name: 'offset biases',
  pack([table], [heads = 0, offsets = 0], { gh, gw }) {
    const values = table?.values as Float32Array;
    const split = values.length - CLASSES * heads;
    const side = Math.round(Math.sqrt(split / heads));
    const image = resizePositions(values.subarray(0, split), side, heads, 2 * gh - 1, 2 * gw - 1, 'bilinear');
    const packed = new Float32Array(heads * offsets);
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < offsets; i++) {
        const at = i - (offsets - CLASSES);
        packed[h * offsets + i] = (at < 0 ? image[i * heads + h] : values[split + at * heads + h]) as number;
      }
    }
    return packed;
  },
};
