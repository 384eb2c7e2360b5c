import { DPT, released, type Family, type ModelEntry } from '../family.js';

export type DptSwinName = 'dpt-swin-large-384';

/** Windows fill the grid of patches, so that a network takes pictures of one size alone. */
export function swinEntry<Name extends string>(
  name: Name,
  title: string,
  hubEntry: string,
  family: string,
  side: number,
): ModelEntry<Name> {
  const file = name.replaceAll('-', '_');
  return {
    ...DPT,
    name,
    aliases: [file, hubEntry],
    title,
    family,
    size: name.split('-')[2] as string,
    weights: released('MiDaS', 'v3_1', file),
    input: { width: side, height: side, multiple: 32, keepAspect: false, method: 'minimal', fixed: true },
  };
}

/** MiDaS v3.1 on Swin Transformer. */
export const dptSwin: Family<ModelEntry<DptSwinName>> = {
  id: 'dpt-swin',
  title: 'DPT Swin',
  marks: [
    {
      nameStyle: 'original',
      tensor: /^pretrained\.model\.layers\.0\.blocks\.0\.attn\.relative_position_bias_table$/,
      size: 'large',
    },
  ],
  entries: [swinEntry('dpt-swin-large-384', 'DPT Swin large', 'DPT_Swin_L_384', 'dpt-swin', 384)],
  code: async () => (await import('../networks/dpt_swin.js')).code,
};
