import type { Value } from '../../graph/graph.js';
import { ensureTypes, map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import type { Outputs } from '../family.js';
import { decoder, DEEPEST_UNIT } from './decoder.js';

/** Stride of the deepest map, which is what the published code rounds sides of pictures to. */
const STRIDE = 32;

/**
 * Tensors that files of the DPT models of MiDaS hold and the networks never read: what is behind the last tapped block,
 * and indices and masks that follow from the sizes.
 */
export const DPT_LEFT_ASIDE: readonly RegExp[] = [
  /^pretrained\.model\.(?:norm|fc_norm|head|head_dist|proj_head)\./,
  /\.(?:relative_position_index|attn_mask|relative_coords_table|attention_bias_idxs|num_batches_tracked)$/,
  DEEPEST_UNIT,
];

/** @throws UsageError `SHAPE_MISMATCH` where a side of a picture [H,W,4] is no multiple of 32 */
export function ensureStride({ type }: Value): void {
  const [H, W] = map3(type);
  ensureTypes('dpt', { picture: type }, H % STRIDE === 0 && W % STRIDE === 0, `sides that are multiples of ${STRIDE}`);
}

/**
 * The decoder of the DPT models of MiDaS: four maps of strides 4, 8, 16, 32 of a picture [H,W,4] → relative inverse
 * depth [H,W]. arXiv 2103.13413.
 * @throws as `ensureStride`
 */
export function dptDecoder(picture: Value, weights: Weights, maps: () => readonly Value[]): Outputs {
  const [H, W] = map3(picture.type);
  ensureStride(picture);
  const depth = decoder(picture.graph.scope('pretrained', maps), weights.at('scratch'), {
    size: [H, W],
    block: 'custom',
    headAlignCorners: true,
    final: { kind: 'relu' },
    head: ['output_conv.0', 'output_conv.2', 'output_conv.4'],
  });
  return { depth };
}
