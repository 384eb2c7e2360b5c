import type { KnownFamily } from '../family.js';

const SWIN2_WIDTHS = { 96: 'tiny', 128: 'base', 192: 'large' };
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
  {
    id: 'dpt-next-vit',
    title: 'DPT Next-ViT',
    marks: [{ nameStyle: 'original', tensor: /^pretrained\.model\..*\.mhca\.group_conv3x3\./, size: 'large' }],
  },
  {
    id: 'dpt-levit',
    title: 'DPT LeViT',
    marks: [{ nameStyle: 'original', tensor: /^pretrained\.model\..*\.attention_biases$/, size: 'large' }],
  },
  {
    id: 'dpt-swin2',
    title: 'DPT Swin2',
    marks: [
      {
        nameStyle: 'original',
        tensor: /^pretrained\.model\.layers\..*\.cpb_mlp\./,
        size: { tensor: 'pretrained.model.patch_embed.proj.weight', dims: [0], sizes: SWIN2_WIDTHS },
      },
      {
        nameStyle: 'hub',
        tensor: /^backbone\.encoder\..*\.continuous_position_bias_mlp\./,
        size: { tensor: 'backbone.embeddings.patch_embeddings.projection.weight', dims: [0], sizes: SWIN2_WIDTHS },
      },
    ],
  },
  {
    id: 'dpt-swin',
    title: 'DPT Swin',
    marks: [
      {
        nameStyle: 'original',
        tensor: /^pretrained\.model\.layers\.0\.blocks\.0\.attn\.relative_position_bias_table$/,
        size: 'large',
      },
    ],
  },
];
