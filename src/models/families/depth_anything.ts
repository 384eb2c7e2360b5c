import { IMAGENET, METRIC, RELATIVE_INVERSE, type Family, type Licence, type ModelEntry } from '../family.js';
import type { PublishedWeights } from '../family.js';
import type { DepthAnythingEntry } from '../networks/depth_anything_hub.js';

export type Size = 'small' | 'base' | 'large';

export type DepthAnythingName =
  `depth-anything-v${1 | 2}-${Size}` | `depth-anything-v2-metric-${'indoor' | 'outdoor'}-${Size}`;

type Entry = DepthAnythingEntry & ModelEntry<DepthAnythingName>;

/** Heads of DINOv2, and the taps of V1 and V2, which are all that the versions differ in. */
const SIZES: Readonly<Record<Size, { heads: number; taps: Readonly<Record<1 | 2, readonly number[]>> }>> = {
  small: { heads: 6, taps: { 1: [8, 9, 10, 11], 2: [2, 5, 8, 11] } },
  base: { heads: 12, taps: { 1: [8, 9, 10, 11], 2: [2, 5, 8, 11] } },
  large: { heads: 16, taps: { 1: [20, 21, 22, 23], 2: [4, 11, 17, 23] } },
};

/** How the authors call the sizes, and what they trained the metric models on. */
const VIT = { small: 'vits', base: 'vitb', large: 'vitl' } as const;
const DATASETS = { indoor: 'hypersim', outdoor: 'vkitti' } as const;

export const APACHE: Licence = { name: 'Apache-2.0', permissive: true };
const NON_COMMERCIAL: Licence = { name: 'CC-BY-NC-4.0', permissive: false };
/** The cards of the metric models name no licence. */
export const UNSTATED: Licence = { name: 'not stated by the authors', permissive: false };

/**
 * The one file whose commit, length and SHA-256 are known; the others are fetched from the head of their repository.
 */
const V2_SMALL: PublishedWeights = {
  source: 'hf:depth-anything/Depth-Anything-V2-Small-hf@5426e4f0f36572d16453bbda7a8389317b1bef99',
  page: 'https://huggingface.co/depth-anything/Depth-Anything-V2-Small-hf',
  bytes: 99173660,
  sha256: '3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70',
};

export const sizes = Object.keys(SIZES) as Size[];

const entries: readonly Entry[] = [
  ...sizes.map((size) => ({
    ...relative(2, size, `depth-anything/Depth-Anything-V2-${capitalized(size)}-hf`),
    ...(size === 'small' ? { weights: V2_SMALL } : { licence: NON_COMMERCIAL }),
  })),
  ...sizes.map((size) => relative(1, size, `LiheYoung/depth-anything-${size}-hf`)),
  ...sizes.map((size) => metric('indoor', size, 20)),
  ...sizes.map((size) => metric('outdoor', size, 80)),
];

export function relative(version: 1 | 2, size: Size, repo: string): Entry {
  return {
    name: `depth-anything-v${version}-${size}`,
    aliases: version === 1 ? [`depth_anything_${VIT[size]}14`] : [VIT[size], `depth_anything_v2_${VIT[size]}`],
    title: `Depth Anything V${version} ${size}`,
    family: 'depth-anything',
    size,
    version,
    heads: SIZES[size].heads,
    taps: SIZES[size].taps[version],
    maxDepth: undefined,
    ...RELATIVE_INVERSE,
    licence: APACHE,
    weights: { source: `hf:${repo}@main`, page: `https://huggingface.co/${repo}` },
    input: { width: 518, height: 518, multiple: 14, keepAspect: true, method: 'lower_bound' },
    ...IMAGENET,
    output: version === 1 ? 'bilinear' : 'bilinear-align-corners',
  };
}

function metric(scene: 'indoor' | 'outdoor', size: Size, maxDepth: number): Entry {
  const repo = `depth-anything/Depth-Anything-V2-Metric-${capitalized(scene)}-${capitalized(size)}-hf`;
  return {
    ...relative(2, size, repo),
    name: `depth-anything-v2-metric-${scene}-${size}`,
    aliases: [`depth_anything_v2_metric_${DATASETS[scene]}_${VIT[size]}`],
    title: `Depth Anything V2 metric ${scene} ${size}`,
    maxDepth,
    ...METRIC,
    licence: UNSTATED,
  };
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Width of DINOv2 → size. No model on the giant encoder is published. */
export const WIDTHS = { 384: 'small', 768: 'base', 1024: 'large', 1536: 'giant' };

/** Depth Anything V1 and V2. The tensors of a file cannot tell which version it is, nor relative from metric. */
export const depthAnything: Family<Entry> = {
  id: 'depth-anything',
  title: 'Depth Anything',
  marks: [
    {
      nameStyle: 'original',
      tensor: /^depth_head\.scratch\.output_conv2\./,
      size: { tensor: 'pretrained.cls_token', dims: [2], sizes: WIDTHS },
    },
    {
      nameStyle: 'hub',
      tensor: /^backbone\.encoder\.layer\.0\.layer_scale1\./,
      size: { tensor: 'backbone.embeddings.cls_token', dims: [2], sizes: WIDTHS },
    },
  ],
  entries,
  code: async () => (await import('../networks/depth_anything.js')).code,
};
