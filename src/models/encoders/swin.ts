import { view, type Value } from '../../graph/graph.js';
import { padding } from '../../kernels/conv2d.js';
import type { WindowOptions } from '../../kernels/attention_windows.js';
import { map3, tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { conv } from '../layers/layers.js';
import { layerNorm } from '../layers/transformer.js';

/** Of every layer norm. */
export const EPS = 1e-5;
/** Elements of a query, and of a key and a value, of one head. */
export const HEAD_SIZE = 32;

const PATCH = 4;

/** Where the two versions of the Swin Transformer differ. */
export interface SwinParts {
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Side of a window where the map is no smaller. */
  readonly window: number;
  /** Blocks of a stage on tokens [H·W,C], f32: one for each of the windows. */
  readonly blocks: (x: Value, weights: Weights, stage: number, windows: readonly WindowOptions[]) => Value;
  /** Four neighbours become one token of twice the channels: map [H,W,C] → tokens [H·W/4,2·C], f32. */
  readonly merge: (map: Value, weights: Weights) => Value;
}

/**
 * Swin Transformer encoder: picture [H,W,4] → what the four stages end in, maps of strides 4, 8, 16 and 32, f32.
 * arXiv 2103.14030, 2111.09883; timm swin_transformer.py and swin_transformer_v2.py, which merge at the end of a stage.
 */
export function swin(picture: Value, weights: Weights, parts: SwinParts): Value[] {
  const { graph } = picture;
  let map = graph.scope('patch_embed', () => embed(picture, weights.at('patch_embed')));
  return parts.depths.map((depth, stage) => {
    const [H, W, C] = map3(map.type);
    const path = `layers.${stage - 1}.downsample`;
    if (stage > 0) {
      const merged = graph.scope(path, () => parts.merge(map, weights.at(path)));
      map = view(merged, [H / 2, W / 2, 2 * C]);
    }
    map = graph.scope(`layers.${stage}`, () => runStage(map, weights.at(`layers.${stage}`), stage, depth, parts));
    return map;
  });
}

/** Every other block has its windows shifted by half of one, where a map has more than one. */
function runStage(map: Value, weights: Weights, stage: number, depth: number, { window, blocks }: SwinParts): Value {
  const [H, W, C] = map3(map.type);
  const side = Math.min(window, H, W);
  const shift = Math.min(H, W) > window ? Math.floor(window / 2) : 0;
  const windows = Array.from({ length: depth }, (_, i) => ({ map: [H, W], side, shift: i % 2 ? shift : 0 }) as const);
  return view(blocks(view(map, [H * W, C]), weights, stage, windows), [H, W, C]);
}

/** Layer norm of the patches: map [H/4,W/4,C], f32. */
function embed(picture: Value, weights: Weights): Value {
  const options = { stride: PATCH, channels: 3, pad: padding(0), out: 'f32' } as const;
  const patches = conv(picture, weights.at('proj'), options);
  const [H, W, C] = map3(patches.type);
  const tokens = layerNorm(view(patches, [H * W, C]), weights.at('norm'), { eps: EPS, out: 'f32' });
  return view(tokens, [H, W, tokens2(tokens.type)[1]]);
}
