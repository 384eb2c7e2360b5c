import type { Value } from '../../graph/graph.js';
import type { Weights } from '../../weights/weights.js';
import type { Outputs } from '../family.js';
import { DEEPEST_UNIT } from './decoder.js';
import { midasDecoder } from './midas.js';

/**
 * Tensors that files of the DPT models of MiDaS hold and the networks never read: what is behind the last tapped block,
 * and indices and masks that follow from the sizes.
 */
export const DPT_LEFT_ASIDE: readonly RegExp[] = [
  /^pretrained\.model\.(?:norm|fc_norm|head|head_dist|proj_head)\./,
  /\.(?:relative_position_index|attn_mask|relative_coords_table|attention_bias_idxs|num_batches_tracked)$/,
  DEEPEST_UNIT,
];

/**
 * The decoder of the DPT models of MiDaS: four maps of strides 4, 8, 16, 32 of a picture [H,W,4] → relative inverse
 * depth [H,W]. arXiv 2103.13413.
 * @throws as `midasDecoder`
 */
export function dptDecoder(picture: Value, weights: Weights, maps: () => readonly Value[]): Outputs {
  return midasDecoder('dpt', picture, weights, maps, { block: 'custom', headAlignCorners: true });
}
