import { DPT, released, type Family, type ModelEntry } from '../family.js';

export type DptLevitName = 'dpt-levit-224';

/** MiDaS v3.1 on LeViT, which takes pictures of one size. */
export const dptLevit: Family<ModelEntry<DptLevitName>> = {
  id: 'dpt-levit',
  title: 'DPT LeViT',
  marks: [{ nameStyle: 'original', tensor: /^pretrained\.model\..*\.attention_biases$/, size: 'large' }],
  entries: [
    {
      ...DPT,
      name: 'dpt-levit-224',
      aliases: ['dpt_levit_224', 'DPT_LeViT_224'],
      title: 'DPT LeViT',
      family: 'dpt-levit',
      size: 'large',
      weights: released('MiDaS', 'v3_1', 'dpt_levit_224'),
      input: { width: 224, height: 224, multiple: 32, keepAspect: false, method: 'minimal', fixed: true },
    },
  ],
  code: async () => (await import('../networks/dpt_levit.js')).code,
};
