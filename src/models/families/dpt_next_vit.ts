import { DPT, released, type Family, type ModelEntry } from '../family.js';

export type DptNextVitName = 'dpt-next-vit-large-384';

/** MiDaS v3.1 on Next-ViT. */
export const dptNextVit: Family<ModelEntry<DptNextVitName>> = {
  id: 'dpt-next-vit',
  title: 'DPT Next-ViT',
  marks: [{ nameStyle: 'original', tensor: /^pretrained\.model\..*\.mhca\.group_conv3x3\./, size: 'large' }],
  entries: [
    {
      ...DPT,
      name: 'dpt-next-vit-large-384',
      aliases: ['dpt_next_vit_large_384', 'DPT_Next_ViT_L_384'],
      title: 'DPT Next-ViT large',
      family: 'dpt-next-vit',
      size: 'large',
      weights: released('MiDaS', 'v3_1', 'dpt_next_vit_large_384'),
      input: { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'minimal' },
    },
  ],
  code: async () => (await import('../networks/dpt_next_vit.js')).code,
};
