import { METRIC, DPT, released, type Family, type ModelEntry } from '../family.js';
import type { ZoeDepthEntry } from '../networks/zoedepth_hub.js';

type Size = 'n' | 'k' | 'nk';

export type ZoeDepthName = `zoedepth-${Size}`;

type Entry = ZoeDepthEntry & ModelEntry<ZoeDepthName>;

/** Attractors have two outputs each in the K model and one in N. */
const OUTPUTS = { 16: 'n', 32: 'k' };

function entry(size: Size, width: number, rest: Pick<Entry, 'range' | 'domains'>): Entry {
  const letters = size.toUpperCase();
  return {
    ...DPT,
    ...METRIC,
    ...rest,
    name: `zoedepth-${size}`,
    aliases: [`ZoeD_${letters}`, `ZoeD_M12_${letters}`],
    title: `ZoeDepth ${letters}`,
    family: 'zoedepth',
    size,
    weights: released('ZoeDepth', 'v1.0', `ZoeD_M12_${letters}`),
    input: { width, height: 384, multiple: 32, keepAspect: true, method: 'minimal', border: 'mirrored' },
  };
}

/** ZoeDepth: metres from NYU (N), KITTI (K), or the one of both that a picture is like (NK). */
export const zoeDepth: Family<Entry> = {
  id: 'zoedepth',
  title: 'ZoeDepth',
  marks: [
    { nameStyle: 'hub', tensor: /^metric_head\.patch_transformer\./, size: 'nk' },
    {
      nameStyle: 'hub',
      tensor: /^metric_head\./,
      size: { tensor: 'metric_head.attractors.0.conv2.weight', dims: [0], sizes: OUTPUTS },
    },
    { nameStyle: 'original', tensor: /^patch_transformer\./, size: 'nk' },
    {
      nameStyle: 'original',
      tensor: /^core\.core\./,
      size: { tensor: 'attractors.0._net.2.weight', dims: [0], sizes: OUTPUTS },
    },
  ],
  entries: [
    entry('nk', 512, { range: undefined, domains: ['nyu', 'kitti'] }),
    entry('n', 512, { range: undefined, domains: undefined }),
    // Every published entry point has 10 metres here; only the authors' evaluation has 80.
    entry('k', 768, { range: [1e-3, 10], domains: undefined }),
  ],
  code: async () => (await import('../networks/zoedepth.js')).code,
};
