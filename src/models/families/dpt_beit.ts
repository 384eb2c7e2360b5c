import { DPT, released, type Family, type ModelEntry } from '../family.js';
import type { BeitConfig, DptBeitEntry } from '../networks/dpt_beit_hub.js';

type Size = 'large-512' | 'large-384' | 'base-384';

export type DptBeitName = `dpt-beit-${Size}`;

/** Rows and heads of the first bias table: the base model has the window of the large one, and fewer heads. */
const TABLES = { '3972,16': 'large-512', '2212,16': 'large-384', '2212,12': 'base-384' } as const;

const LARGE = { heads: 16, taps: [5, 11, 17, 23] };
const BASE = { heads: 12, taps: [2, 5, 8, 11] };

function entry(size: Size, config: BeitConfig, letter: 'B' | 'L'): DptBeitEntry & ModelEntry<DptBeitName> {
  const [kind = '', side = ''] = size.split('-');
  const file = `dpt_beit_${kind}_${side}`;
  return {
    ...DPT,
    ...config,
    name: `dpt-beit-${size}`,
    aliases: [file, `DPT_BEiT_${letter}_${side}`],
    title: `DPT BEiT ${kind} ${side}`,
    family: 'dpt-beit',
    size,
    weights: released('MiDaS', 'v3_1', file),
    input: { width: Number(side), height: Number(side), multiple: 32, keepAspect: true, method: 'minimal' },
  };
}

/** DPT of MiDaS v3.1 on BEiT. */
export const dptBeit: Family<DptBeitEntry & ModelEntry<DptBeitName>> = {
  id: 'dpt-beit',
  title: 'DPT BEiT',
  marks: [
    {
      nameStyle: 'original',
      tensor: /^pretrained\.model\.blocks\.0\.attn\.relative_position_bias_table$/,
      size: { tensor: 'pretrained.model.blocks.0.attn.relative_position_bias_table', dims: [0, 1], sizes: TABLES },
    },
    {
      nameStyle: 'hub',
      tensor: /^backbone\.encoder\.layer\.0\..*relative_position_bias_table$/,
      size: {
        tensor: 'backbone.encoder.layer.0.attention.attention.relative_position_bias.relative_position_bias_table',
        dims: [0, 1],
        sizes: TABLES,
      },
    },
  ],
  entries: [entry('large-512', LARGE, 'L'), entry('large-384', LARGE, 'L'), entry('base-384', BASE, 'B')],
  code: async () => (await import('../networks/dpt_beit.js')).code,
};
