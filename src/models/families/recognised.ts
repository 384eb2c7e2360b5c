import type { KnownFamily } from '../family.js';

/** Attractors have two outputs each in the K model and one in N. */
const ZOE_OUTPUTS = { 16: 'n', 32: 'k' };

/**
 * Families that messages name and that cannot be run, in the order they are tried, which is before those that can:
 * ZoeDepth contains a whole BEiT model.
 */
export const recognised: readonly KnownFamily[] = [
  {
    id: 'zoedepth',
    title: 'ZoeDepth',
    marks: [
      { nameStyle: 'hub', tensor: /^metric_head\.patch_transformer\./, size: 'nk' },
      {
        nameStyle: 'hub',
        tensor: /^metric_head\./,
        size: { tensor: 'metric_head.attractors.0.conv2.weight', dims: [0], sizes: ZOE_OUTPUTS },
      },
      { nameStyle: 'original', tensor: /^patch_transformer\./, size: 'nk' },
      {
        nameStyle: 'original',
        tensor: /^core\.core\./,
        size: { tensor: 'attractors.0._net.2.weight', dims: [0], sizes: ZOE_OUTPUTS },
      },
    ],
  },
];
