import colorizeWgsl from '../../shaders/colorize.wgsl?raw';
import storeBufferWgsl from '../../shaders/colorize_store_buffer.wgsl?raw';
import storeTextureWgsl from '../../shaders/colorize_store_texture.wgsl?raw';
import normalizeWgsl from '../../shaders/depth_normalize.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { ensureDepth, type DepthInput } from './depth_range.js';

const WORKGROUP = 64;

/** Which part of a range buffer spans the colours: all values, or those between its percentiles. */
export type Span = 'full' | 'percentiles';

/** Texel formats a compute shader may write on every device, of four channels. */
export type ColorFormat = 'rgba8unorm' | 'rgba16float' | 'rgba32float';

export interface RangedInputs extends DepthInput {
  /** f32[8], from `depthRange`. */
  readonly range: TensorType;
}

export interface ColorizeInputs extends RangedInputs {
  /** f32[256,4], colours 0…1. */
  readonly lut: TensorType;
}

export interface ColorizeAttrs {
  readonly span: Span;
  /** Format of a texture to write, or `buffer` for RGBA bytes in a u32. */
  readonly target: ColorFormat | 'buffer';
}

/** colors[H,W] = lut[⌊255·place of the depth in the range⌋]; transparent black where depth is not finite. */
export const colorize = defineOp<ColorizeInputs, ColorizeAttrs, { colors: TensorType }>({
  name: 'colorize',
  infer({ depth, range, lut }, { target }) {
    ensureDepth('colorize', depth);
    ensureRange('colorize', range);
    ensureTypes('colorize', { lut }, lut.dtype === 'f32' && lut.shape.join() === '256,4', 'f32[256,4]');
    return { colors: { dtype: target === 'buffer' ? 'u32' : 'texture', shape: depth.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }, { span, target }) {
        const [H, W] = depth.shape as [number, number];
        const store = target === 'buffer' ? storeBufferWgsl : storeTextureWgsl;
        return {
          files: [colorizeWgsl, normalizeWgsl, store],
          tunables: { WORKGROUP, ...(target === 'buffer' ? {} : { texels: storageTexture(target) }) },
          params: { H, W, AT: spanIndex(span) },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 5 * numel(depth.shape) }),
});

/** Throws unless the tensor is a range of `depthRange`. */
export function ensureRange(op: string, range: TensorType): void {
  ensureTypes(op, { range }, range.dtype === 'f32' && range.shape.join() === '8', 'f32[8]');
}

/** Where the low end of a span stands in a range. */
export function spanIndex(span: Span): number {
  return span === 'full' ? 0 : 2;
}

/** WGSL type of a texture that is written in a format. */
export function storageTexture(format: GPUTextureFormat): string {
  return `texture_storage_2d<${format}, write>`;
}
