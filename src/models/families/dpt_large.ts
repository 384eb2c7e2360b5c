import { DPT, released, type Family, type ModelEntry } from '../family.js';

export type DptLargeName = 'dpt-large';

/** DPT-Large of MiDaS v3.0: ViT-L/16. */
export const dptLarge: Family<ModelEntry<DptLargeName>> = {
  id: 'dpt-large',
  title: 'DPT',
  marks: [
    { nameStyle: 'original', tensor: /^pretrained\.model\.pos_embed$/, size: 'large' },
    { nameStyle: 'hub', tensor: /^dpt\.embeddings\.position_embeddings$/, size: 'large' },
  ],
  entries: [
    {
      ...DPT,
      name: 'dpt-large',
      aliases: ['dpt_large_384', 'DPT_Large'],
      title: 'DPT-Large',
      family: 'dpt-large',
      size: 'large',
      weights: released('MiDaS', 'v3', 'dpt_large_384'),
      input: { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'minimal' },
    },
  ],
  code: async () => (await import('../networks/dpt_large.js')).code,
};
