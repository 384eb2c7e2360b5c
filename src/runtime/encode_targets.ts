import { optionFault, type OptionTable } from '../arguments/check_options.js';
import type { ValueRange } from '../depth/depth_map.js';
import { rangeValues } from '../depth/value_range.js';
import { TEXTURE_FORMATS } from '../depth/write_texture.js';
import { UsageError } from '../errors.js';
import { BufferUsage, TextureUsage } from '../gpu/buffers.js';
import { pictureSize } from '../image/picture.js';
import type { Size, SizeOptions } from '../image/size.js';
import type { DepthProjection } from './projection.js';
import { isRendered, RENDERED } from '../gpu/render_target.js';
import { checkSrgb, isSrgb, type CopiedKind } from './source_copy.js';

/** What `encode` records into. */
export type EncodeInto = GPUCommandEncoder | GPUComputePassEncoder;

/** What `encode` reads and writes. */
export interface EncodeTargets extends SizeOptions {
  /**
   * Encoded sRGB, TEXTURE_BINDING usage. A texture of an sRGB format is read as it stores its colours. An external one
   * needs `prepare` before, as it would be gone when the program is compiled.
   */
  readonly source: GPUTexture | GPUExternalTexture;
  /** Size in pixels that a GPUExternalTexture is read at: it does not tell its own. */
  readonly sourceSize?: Size;
  /**
   * A texture whose size the map takes, with STORAGE_BINDING usage in `r32float` (values), `rgba16float` or
   * `rgba32float` (nearness in red, value in green), or with RENDER_ATTACHMENT usage in `r16float` (values) or
   * `depth32float` (z of the camera in `projection`), which take an encoder; or a buffer for f32 values at the source's
   * size, with COPY_DST usage, or STORAGE usage for a compute pass.
   */
  readonly target: GPUTexture | GPUBuffer;
  /** Focal length of the camera in pixels of the source, for models that need it. */
  readonly focalLength?: number;
  /** The camera whose depth buffer a `depth32float` target is. */
  readonly projection?: DepthProjection;
  /** What nearness, and z of a relative map, span in place of the ends of each map. */
  readonly range?: ValueRange;
  /**
   * Takes 32 bytes for the shader that reads the map, as eight f32: min and max of the range, its 2nd and 98th
   * percentile, scale and offset of nearness = scale · value + offset (to be held to 0…1), the kind (0 relative inverse
   * depth, 1 relative depth, 2 metres), and how many values are not finite. A given `range` stands for the
   * percentiles too, and counts nothing. COPY_DST usage, or STORAGE usage for a compute pass.
   */
  readonly uniforms?: GPUBuffer;
}

/** What `encode` takes. */
export const TARGETS: OptionTable<EncodeTargets> = {
  source: null,
  sourceSize: null,
  target: null,
  focalLength: 'positive',
  projection: null,
  range: null,
  uniforms: null,
  inputSize: null,
  square: null,
  maxSide: null,
};

const FORMATS = [...TEXTURE_FORMATS, ...RENDERED];

export type TargetFormat = (typeof FORMATS)[number];

/** What a target takes. */
export interface Output {
  readonly target: EncodeTargets['target'];
  /** Of the map. */
  readonly size: Size;
  readonly format: TargetFormat | 'buffer';
  readonly uniforms: GPUBuffer | undefined;
  /** Values of the range that the caller gave. */
  readonly range: readonly number[] | undefined;
}

/** Bytes of `EncodeTargets.uniforms`. */
export const UNIFORM_BYTES = 32;

interface Written extends Pick<EncodeTargets, 'target'> {
  readonly range?: ValueRange | undefined;
  readonly uniforms?: GPUBuffer | undefined;
}

/** What targets take of pictures of a size. @throws UsageError `TARGET_*`, `OPTION_RANGE` */
export function outputOf({ target, range, uniforms }: Written, picture: Size, into?: EncodeInto): Output {
  if (uniforms) checkBuffer('uniforms', uniforms, UNIFORM_BYTES, into);
  const more = { target, uniforms, range: range && rangeValues(range, 'run') };
  if (isTexture(target))
    return { ...more, size: { width: target.width, height: target.height }, format: checkTexture(target, into) };
  checkBuffer('target', target, 4 * picture.width * picture.height, into);
  return { ...more, size: picture, format: 'buffer' };
}

/** The pass among what is recorded into. @throws UsageError `ENCODE_ENCODER` */
export function passOf(into: EncodeInto): GPUComputePassEncoder | undefined {
  if (is(into, 'beginComputePass')) return undefined;
  if (is(into, 'dispatchWorkgroups')) return into as GPUComputePassEncoder;
  throw new UsageError('ENCODE_ENCODER', `encode records into a GPUCommandEncoder, not ${nameOf(into)}.`, {
    hint: 'Pass device.createCommandEncoder(), or a compute pass of it.',
    phase: 'run',
  });
}

/** What a source is, and how kernels come to read it: by a copy of a kind, or as it is. */
export interface Input {
  readonly source: EncodeTargets['source'];
  readonly size: Size;
  readonly copied: CopiedKind | undefined;
}

/** What a source takes. @throws UsageError `OPTION_SOURCE`, `OPTION_SOURCE_SIZE`; ImageError `IMAGE_TEXTURE` */
export function inputOf(source: EncodeTargets['source'], size: Size | undefined): Input {
  const external = isExternal(source);
  if (!external && !is(source, 'createView'))
    throw new UsageError('OPTION_SOURCE', `encode reads a GPUTexture or a GPUExternalTexture, not ${nameOf(source)}.`, {
      hint: 'Copy it to a texture first: device.queue.copyExternalImageToTexture. Or call estimate, which takes it.',
      phase: 'run',
    });
  if (external ? !size : size)
    throw optionFault('sourceSize', 'sourceSize', size, 'the size of an external texture, and of no other', 'run');
  if (external) return { source, size: pictureSize({ ...(size as Size), data: new Uint8Array() }), copied: 'external' };
  const texture = source as GPUTexture;
  checkSrgb(texture);
  return { source, size: pictureSize(texture), copied: isSrgb(texture) ? 'srgb' : undefined };
}

/** Whether a source is an external texture, which says no more of itself than its label. */
export function isExternal(source: EncodeTargets['source'] | undefined): source is GPUExternalTexture {
  return Object.prototype.toString.call(source) === '[object GPUExternalTexture]';
}

function checkTexture(target: GPUTexture, into?: EncodeInto): TargetFormat {
  const { label, format, usage, dimension, depthOrArrayLayers, sampleCount } = target;
  const known = FORMATS.find((name) => name === format);
  if (!known)
    throw new UsageError(
      'TARGET_FORMAT',
      `The target texture "${label}" has the format ${format}; expected one of ${FORMATS.join(', ')}.`,
      { expected: FORMATS, actual: format, phase: 'run' },
    );
  if (isRendered(known) && into && passOf(into))
    throw new UsageError('TARGET_FORMAT', `A compute pass cannot write the format ${format}.`, {
      hint: 'Pass the encoder, outside of any pass.',
      expected: TEXTURE_FORMATS,
      actual: format,
      phase: 'run',
    });
  const needed = isRendered(known) ? 'RENDER_ATTACHMENT' : 'STORAGE_BINDING';
  if (!(usage & TextureUsage[needed]))
    throw new UsageError('TARGET_USAGE', `The target texture "${label}" has no ${needed} usage.`, {
      expected: TextureUsage[needed],
      actual: usage,
      phase: 'run',
    });
  if (dimension !== '2d' || depthOrArrayLayers !== 1 || sampleCount !== 1)
    throw new UsageError(
      'TARGET_TEXTURE',
      `The target texture "${label}" is not a plain 2d texture with one layer and one sample.`,
      { phase: 'run' },
    );
  return known;
}

function checkBuffer(role: 'target' | 'uniforms', target: GPUBuffer, bytes: number, into?: EncodeInto): void {
  if (!is(target, 'mapAsync'))
    throw new UsageError(
      'TARGET_TEXTURE',
      `The ${role} is ${nameOf(target)}; expected a ${role === 'target' ? 'GPUTexture or a ' : ''}GPUBuffer.`,
      {
        phase: 'run',
      },
    );
  const { label, size, usage } = target;
  const name = into && passOf(into) ? 'STORAGE' : 'COPY_DST';
  const expected = into ? BufferUsage[name] : BufferUsage.COPY_DST | BufferUsage.STORAGE;
  if (!(usage & expected))
    throw new UsageError('TARGET_USAGE', `The ${role} buffer "${label}" has no ${name} usage.`, {
      expected,
      actual: usage,
      phase: 'run',
    });
  if (size < bytes)
    throw new UsageError('TARGET_SIZE', `The ${role} buffer "${label}" has ${size} bytes; it takes ${bytes}.`, {
      expected: bytes,
      actual: size,
      phase: 'run',
    });
}

/** Whether a target is a texture. */
export function isTexture(target: GPUTexture | GPUBuffer): target is GPUTexture {
  return is(target, 'createView');
}

/** Whether a value is an object of WebGPU, by a method that others lack. */
function is(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && method in value;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return value.constructor?.name ?? 'an object';
}
