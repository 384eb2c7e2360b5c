import { DPT, released, type Family, type ModelEntry } from '../family.js';

export type DptHybridName = 'dpt-hybrid';

/** DPT-Hybrid of MiDaS v3.0: ViT-B/16 on a ResNet-50. */
export const dptHybrid: Family<ModelEntry<DptHybridName>> = {
  id: 'dpt-hybrid',
  title: 'DPT',
  marks: [
    { nameStyle: 'original', tensor: /^pretrained\.model\.patch_embed\.backbone\./, size: 'hybrid' },
    { nameStyle: 'hub', tensor: /^dpt\.embeddings\.backbone\./, size: 'hybrid' },
  ],
  entries: [
    {
      ...DPT,
      name: 'dpt-hybrid',
      aliases: ['dpt_hybrid_384', 'DPT_Hybrid'],
      title: 'DPT-Hybrid',
      family: 'dpt-hybrid',
      size: 'hybrid',
      weights: released('MiDaS', 'v3', 'dpt_hybrid_384'),
      input: { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'minimal' },
    },
  ],
  code: async () => (await import('../networks/dpt_hybrid.js')).code,
};
