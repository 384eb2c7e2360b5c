import { IMAGENET, MIT, RELATIVE_INVERSE, released, type Family, type ModelEntry } from '../family.js';

export type MidasLargeName = 'midas-v2.1-large' | 'midas-v2.0-large';

function entry(
  name: MidasLargeName,
  version: string,
  tag: string,
  file: string,
  ...aliases: string[]
): ModelEntry<MidasLargeName> {
  return {
    name,
    aliases: [file, ...aliases],
    title: `MiDaS ${version} large`,
    family: 'midas-v2-large',
    size: 'large',
    ...RELATIVE_INVERSE,
    licence: MIT,
    weights: released('MiDaS', tag, file),
    input: { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'upper_bound' },
    ...IMAGENET,
    output: 'bicubic',
  };
}

/** MiDaS v2.0 and v2.1 large. Their files hold the same tensors. */
export const midasLarge: Family<ModelEntry<MidasLargeName>> = {
  id: 'midas-v2-large',
  title: 'MiDaS v2',
  marks: [{ nameStyle: 'original', tensor: /^pretrained\.layer1\.4\.0\.conv2\./, size: 'large' }],
  entries: [
    entry('midas-v2.1-large', 'v2.1', 'v2_1', 'midas_v21_384', 'MiDaS'),
    entry('midas-v2.0-large', 'v2.0', 'v2', 'model-f46da743'),
  ],
  code: async () => (await import('../networks/midas_large.js')).code,
};
