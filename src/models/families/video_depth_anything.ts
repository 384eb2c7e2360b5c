import { METRIC, type Family, type ModelEntry } from '../family.js';
import { relative, UNSTATED, WIDTHS } from './depth_anything.js';

export type VideoDepthAnythingName = `${'' | 'metric-'}video-depth-anything-small`;

type Entry = ModelEntry<VideoDepthAnythingName>;

function entry(prefix: '' | 'metric-', own: Partial<Entry>): Entry {
  const name = `${prefix}video-depth-anything-small` as const;
  const repo = `depth-anything/${prefix && 'Metric-'}Video-Depth-Anything-Small`;
  const alias = `${prefix.replace('-', '_')}video_depth_anything_vits`;
  const still = relative(2, 'small', repo);
  return {
    ...still,
    name,
    aliases: [alias],
    title: `Video Depth Anything small${prefix && ', metric'}`,
    family: 'video-depth-anything',
    weights: { ...still.weights, source: `hf:${repo}@main/${alias}.pth` },
    input: { ...still.input, narrowed: true },
    temporal: true,
    ...own,
  };
}

/** Video Depth Anything, arXiv 2501.12375. The tensors of a file cannot tell relative from metric. */
export const videoDepthAnything: Family<Entry> = {
  id: 'video-depth-anything',
  title: 'Video Depth Anything',
  marks: [
    {
      nameStyle: 'original',
      tensor: /^head\.motion_modules\./,
      size: { tensor: 'pretrained.cls_token', dims: [2], sizes: WIDTHS },
    },
  ],
  // The authors name no licence of the metric weights.
  entries: [entry('', {}), entry('metric-', { ...METRIC, licence: UNSTATED })],
  code: async () => (await import('../networks/video_depth_anything.js')).code,
};
