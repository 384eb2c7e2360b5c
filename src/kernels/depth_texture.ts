import normalizeWgsl from '../../shaders/depth_normalize.wgsl?raw';
import packedWgsl from '../../shaders/depth_texture.wgsl?raw';
import rawWgsl from '../../shaders/depth_texture_raw.wgsl?raw';
import { numel, type TensorType } from '../tensor.js';
import { ensureRange, spanIndex, storageTexture, type RangedInputs, type Span } from './colorize.js';
import { ensureDepth, type DepthInput } from './depth_range.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface DepthTextureAttrs {
  readonly span: Span;
  /** Whether nearer things have the larger or the smaller values. */
  readonly nearer: 'larger' | 'smaller';
  /** `rgba16float` can be filtered on every device, `rgba32float` keeps the values exact. */
  readonly format: 'rgba16float' | 'rgba32float';
}

/** Texture packed[H,W] = (nearness 0…1 with 1 the nearest, depth, 0, 1), all 0 where depth is not finite. */
export const depthTexture = defineOp<RangedInputs, DepthTextureAttrs, { packed: TensorType }>({
  name: 'depth_texture',
  infer({ depth, range }) {
    ensureDepth('depth_texture', depth);
    ensureRange('depth_texture', range);
    return { packed: { dtype: 'texture', shape: depth.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }, { span, nearer, format }) {
        const [H, W] = depth.shape as [number, number];
        const [OFFSET, SIGN] = nearer === 'larger' ? [0, 1] : [1, -1];
        return {
          files: [packedWgsl, normalizeWgsl],
          tunables: {
            WORKGROUP,
            texels: storageTexture(format),
            LARGEST: format === 'rgba16float' ? 65504 : 3.4028234e38,
          },
          params: { H, W, AT: spanIndex(span), OFFSET, SIGN },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 6 * numel(depth.shape) }),
});

/** Texture raw[H,W] of format r32float: the depth values as they are. */
export const rawDepthTexture = defineOp<DepthInput, object, { raw: TensorType }>({
  name: 'raw_depth_texture',
  infer({ depth }) {
    ensureDepth('raw_depth_texture', depth);
    return { raw: { dtype: 'texture', shape: depth.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }) {
        const [H, W] = depth.shape as [number, number];
        return {
          files: [rawWgsl],
          tunables: { WORKGROUP },
          params: { H, W },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: () => ({ flops: 0 }),
});
