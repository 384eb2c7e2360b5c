import { IMAGENET, MIT, RELATIVE_INVERSE, released, type Family, type Mark, type ModelEntry } from '../family.js';

const MARK = {
  nameStyle: 'original',
  tensor: /^pretrained\.layer1\.3\.0\.conv_dw\./,
  size: 'small',
} as const satisfies Mark;

export type MidasSmallName = 'midas-v2.1-small' | 'nano';

type Entry = ModelEntry<MidasSmallName>;

const small: Entry = {
  name: 'midas-v2.1-small',
  aliases: ['midas_v21_small_256', 'MiDaS_small'],
  title: 'MiDaS v2.1 small',
  family: 'midas-v21-small',
  size: 'small',
  ...RELATIVE_INVERSE,
  licence: MIT,
  weights: released('MiDaS', 'v2_1', 'midas_v21_small_256'),
  input: { width: 256, height: 256, multiple: 32, keepAspect: true, method: 'upper_bound' },
  ...IMAGENET,
  output: 'bicubic',
};

/** MiDaS small at reduced widths, trained by tools/nano on rendered scenes. */
const nano: Entry = {
  ...small,
  name: 'nano',
  aliases: [],
  title: 'Nano',
  size: 'nano',
  weights: {
    source: 'package:nano.safetensors',
    page: undefined,
    bytes: 2972234,
    sha256: 'a2c17db1981d184a1c1fef3955fdd8b0566aaf22383dcf4043c9a84f03ac88e3',
  },
};

/** MiDaS v2.1 small and models of the same build. */
export const midasSmall: Family<Entry> = {
  id: 'midas-v21-small',
  title: 'MiDaS v2.1',
  marks: [{ ...MARK, label: 'nano', size: 'nano' }, MARK],
  entries: [small, nano],
  code: async () => (await import('../networks/midas_small.js')).code,
};
