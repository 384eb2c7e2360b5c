import type { Family, ModelEntry } from '../family.js';
import type { DepthAnythingEntry } from '../networks/depth_anything_hub.js';
import { relative, sizes, UNSTATED, WIDTHS, type Size } from './depth_anything.js';

export type DistillAnyDepthName = `distill-any-depth-${Size}`;

type Entry = DepthAnythingEntry & ModelEntry<DistillAnyDepthName>;

const REPO = 'xingyang1/Distill-Any-Depth';

function entry(size: Size): Entry {
  const twin = relative(2, size, REPO);
  return {
    ...twin,
    name: `distill-any-depth-${size}`,
    aliases: [`depthanything-${size}`],
    title: `Distill Any Depth ${size}`,
    family: 'distill-any-depth',
    twin: twin.name,
    licence: UNSTATED,
    weights: { source: `hf:${REPO}@main/${size}/model.safetensors`, page: `https://huggingface.co/${REPO}` },
    input: { width: 700, height: 700, multiple: 14, keepAspect: false, method: 'lower_bound' },
  };
}

/**
 * Distill-Any-Depth: the networks of Depth Anything V2 with other weights, arXiv 2502.19204. Only the large file has
 * names of its own.
 */
export const distillAnyDepth: Family<Entry> = {
  id: 'distill-any-depth',
  title: 'Distill Any Depth',
  first: true,
  marks: [
    {
      nameStyle: 'chunked',
      tensor: /^backbone\.blocks\.0\.0\.norm1\./,
      size: { tensor: 'backbone.cls_token', dims: [2], sizes: WIDTHS },
    },
  ],
  entries: sizes.map(entry),
  code: async () => (await import('../networks/distill_any_depth.js')).code,
};
