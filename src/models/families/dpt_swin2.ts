import type { Family, Mark, ModelEntry } from '../family.js';
import { swinEntry } from './dpt_swin.js';

export type DptSwin2Name = `dpt-swin2-${'tiny-256' | 'base-384' | 'large-384'}`;

/** Channels of the patches. */
const WIDTHS = { 96: 'tiny', 128: 'base', 192: 'large' };

const swin2Mark = (nameStyle: Mark['nameStyle'], tensor: RegExp, patches: string): Mark => ({
  nameStyle,
  tensor,
  size: { tensor: `${patches}.weight`, dims: [0], sizes: WIDTHS },
});

/** MiDaS v3.1 on Swin Transformer V2. */
export const dptSwin2: Family<ModelEntry<DptSwin2Name>> = {
  id: 'dpt-swin2',
  title: 'DPT Swin2',
  marks: [
    swin2Mark('original', /^pretrained\.model\.layers\..*\.cpb_mlp\./, 'pretrained.model.patch_embed.proj'),
    swin2Mark(
      'hub',
      /^backbone\.encoder\..*\.continuous_position_bias_mlp\./,
      'backbone.embeddings.patch_embeddings.projection',
    ),
  ],
  entries: [
    swinEntry('dpt-swin2-large-384', 'DPT Swin2 large', 'DPT_SwinV2_L_384', 'dpt-swin2', 384),
    swinEntry('dpt-swin2-base-384', 'DPT Swin2 base', 'DPT_SwinV2_B_384', 'dpt-swin2', 384),
    swinEntry('dpt-swin2-tiny-256', 'DPT Swin2 tiny', 'DPT_SwinV2_T_256', 'dpt-swin2', 256),
  ],
  code: async () => (await import('../networks/dpt_swin2.js')).code,
};
