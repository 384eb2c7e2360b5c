import { IMAGENET, METRIC, RELATIVE, type DepthKind, type Family, type ModelEntry } from '../family.js';
import type { DepthAnything3Entry } from '../networks/depth_anything_3.js';
import { APACHE } from './depth_anything.js';

export type DepthAnything3Name = `depth-anything-3-${'mono-large' | 'metric-large' | 'small' | 'base'}`;

type Entry = DepthAnything3Entry & ModelEntry<DepthAnything3Name>;

/** What the models differ in. */
type Parts = Pick<Entry, 'name' | 'title' | 'size' | 'heads' | 'taps'> & Partial<Entry>;

/** @param preset the authors' name of the model */
function entry(preset: string, kind: DepthKind, parts: Parts): Entry {
  const repo = `depth-anything/${preset.toUpperCase()}`;
  return {
    aliases: [preset, preset.toUpperCase()],
    family: 'depth-anything-3',
    alternating: undefined,
    ...kind,
    licence: APACHE,
    weights: { source: `hf:${repo}@main`, page: `https://huggingface.co/${repo}` },
    input: { width: 504, height: 504, multiple: 14, keepAspect: true, method: 'longest_side' },
    ...IMAGENET,
    output: 'bilinear',
    ...parts,
  };
}

const SKY = { size: 'large with sky', heads: 16, taps: [4, 11, 17, 23], beside: ['sky'] } as const;
const VIEWS = { taps: [5, 7, 9, 11], alternating: 4, beside: ['confidence'] } as const;

/**
 * Depth Anything 3 on one picture, arXiv 2511.10647. The tensors of a file cannot tell the mono from the metric model.
 */
export const depthAnything3: Family<Entry> = {
  id: 'depth-anything-3',
  title: 'Depth Anything 3',
  marks: [
    { nameStyle: 'original', tensor: /^head\.scratch\.sky_output_conv2\./, size: SKY.size },
    {
      nameStyle: 'original',
      tensor: /^backbone\.pretrained\.camera_token$/,
      size: {
        tensor: 'backbone.pretrained.camera_token',
        dims: [2],
        sizes: { 384: 'small', 768: 'base', 1024: 'large', 1536: 'giant' },
      },
    },
  ],
  entries: [
    entry('da3mono-large', RELATIVE, {
      ...SKY,
      name: 'depth-anything-3-mono-large',
      title: 'Depth Anything 3 mono large',
    }),
    entry('da3metric-large', METRIC, {
      ...SKY,
      name: 'depth-anything-3-metric-large',
      title: 'Depth Anything 3 metric large',
      canonicalFocal: 300,
    }),
    entry('da3-base', RELATIVE, {
      ...VIEWS,
      name: 'depth-anything-3-base',
      title: 'Depth Anything 3 base',
      size: 'base',
      heads: 12,
    }),
    entry('da3-small', RELATIVE, {
      ...VIEWS,
      name: 'depth-anything-3-small',
      title: 'Depth Anything 3 small',
      size: 'small',
      heads: 6,
    }),
  ],
  code: async () => (await import('../networks/depth_anything_3.js')).code,
};
