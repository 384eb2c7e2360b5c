import { disposed, ImageError, LimitError } from '../errors.js';
import { TextureUsage } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { toTexels, type RawPicture, type Texels } from './pixels.js';
import { checkPictureSize, type Size } from './size.js';
import { VideoStage } from './video_stage.js';

/** Pictures that are pixels already. Types a runtime does not have are never looked up there. */
export type ReadyPicture =
  | RawPicture
  | ImageData
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | GPUTexture;

/** Reads what is no picture yet. */
export type ReadFile = (source: string | URL | Blob, signal: AbortSignal | undefined) => Promise<ReadyPicture>;

/** Anything that depth can be estimated of. Strings are URLs. */
export type PictureSource = ReadyPicture | string | URL | Blob;

const USAGE = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST | TextureUsage.RENDER_ATTACHMENT;

/** Formats of a caller's texture: three colours, read as stored. Those of an "-srgb" format are encoded again first. */
const TEXTURE_FORMATS: ReadonlySet<GPUTextureFormat> = new Set<GPUTextureFormat>([
  'rgba8unorm',
  'bgra8unorm',
  'rgba16float',
  'rgba32float',
  'rgb10a2unorm',
  'rg11b10ufloat',
]);

/** Errors of a browser that copies no video: Chromium's on a software adapter, and Firefox's, whose types lack it. */
const REFUSALS: ReadonlySet<string> = new Set(['OperationError', 'TypeError']);

/** A source that the queue copies to a texture by itself. */
type CopySource = Exclude<ReadyPicture, RawPicture | ImageData | GPUTexture>;

/**
 * Turns pictures into textures that the preprocessing kernels read: encoded sRGB, upright, alpha to be ignored.
 * One texture is kept and written again while size and format stay equal, so a video allocates nothing per frame.
 */
export class PictureTexture {
  readonly #gpu: Gpu;
  #texture: GPUTexture | undefined;
  #scratch: Texels['data'] | undefined;
  /** Set once the browser has refused to copy video to a texture. */
  #stage: VideoStage | undefined;
  #disposed = false;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Uploads at once, reading the source before it returns. A GPUTexture is checked and returned itself; it must hold
   * encoded, not linear, colours.
   * @throws ImageError `IMAGE_SIZE`, `IMAGE_DATA`, `IMAGE_RANGE`, `IMAGE_NOT_READY`, `IMAGE_TAINTED`, `IMAGE_TEXTURE`,
   * `IMAGE_SOURCE`, `IMAGE_DECODER` where the runtime copies pixels alone; LimitError `LIMIT_TEXTURE`.
   */
  upload(source: ReadyPicture): GPUTexture {
    if (this.#disposed) throw disposed('This picture texture', 'image');
    if (isTexture(source)) return checkTexture(source);
    if (isRaw(source)) return this.#write(source);
    const { width, height } = readySize(source);
    // Deno's queue lacks it.
    if (!this.#gpu.device.queue.copyExternalImageToTexture) throw noDecoder('copyExternalImageToTexture');
    const texture = this.#ensure(width, height, 'rgba8unorm');
    const copy = (from: CopySource) =>
      this.#gpu.device.queue.copyExternalImageToTexture(
        { source: from },
        { texture, colorSpace: 'srgb', premultipliedAlpha: false },
        [width, height],
      );
    try {
      if (!this.#stage || !isVideo(source)) copy(source);
      else copy(this.#stage.draw(source, width, height));
    } catch (cause) {
      if (this.#stage || !isVideo(source) || !REFUSALS.has((cause as Error).name)) throw copyError(cause);
      this.#stage = new VideoStage();
      return this.upload(source);
    }
    return texture;
  }

  /** Frees the texture. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.#texture?.destroy();
    this.#texture = undefined;
    this.#scratch = undefined;
  }

  #write(picture: RawPicture | ImageData): GPUTexture {
    const { width, height } = picture;
    const { format, data } = toTexels(picture, this.#scratch);
    this.#scratch = data.length === picture.data.length ? undefined : data;
    const texture = this.#ensure(width, height, format);
    const bytesPerRow = 4 * width * data.BYTES_PER_ELEMENT;
    this.#gpu.device.queue.writeTexture({ texture }, data as Uint8Array<ArrayBuffer>, { bytesPerRow }, [width, height]);
    return texture;
  }

  #ensure(width: number, height: number, format: Texels['format']): GPUTexture {
    const old = this.#texture;
    if (old?.width === width && old.height === height && old.format === format) return old;
    const { device } = this.#gpu;
    const limit = 'maxTextureDimension2D';
    const longest = Math.max(width, height);
    if (longest > device.limits[limit]) {
      throw new LimitError('LIMIT_TEXTURE', `The picture is ${width}x${height}; ${limit} is ${device.limits[limit]}.`, {
        limit,
        expected: device.limits[limit],
        actual: longest,
        phase: 'image',
        hint: 'Scale the picture down first.',
      });
    }
    old?.destroy();
    return (this.#texture = device.createTexture({ label: 'picture', size: [width, height], format, usage: USAGE }));
  }
}

/** Width and height a source will be read with. @throws as `PictureTexture.upload`. */
export function pictureSize(source: ReadyPicture): Size {
  if (!isTexture(source) && !isRaw(source)) return readySize(source);
  checkPictureSize(source.width, source.height);
  return { width: source.width, height: source.height };
}

function isTexture(source: ReadyPicture): source is GPUTexture {
  return typeof (source as Partial<GPUTexture> | undefined)?.createView === 'function';
}

function isRaw(source: ReadyPicture): source is RawPicture | ImageData {
  return typeof source === 'object' && source !== null && 'data' in source;
}

function isVideo(source: CopySource): source is HTMLVideoElement | VideoFrame {
  return 'videoWidth' in source || 'displayWidth' in source;
}

/**
 * @param format what its texels are taken to be
 * @throws ImageError `IMAGE_SIZE`, `IMAGE_TEXTURE`
 */
export function checkTexture(texture: GPUTexture, format = texture.format): GPUTexture {
  const { dimension, sampleCount, depthOrArrayLayers, usage } = texture;
  const fault = (what: string, hint: string) =>
    new ImageError('IMAGE_TEXTURE', `The texture "${texture.label}" ${what}.`, { hint });
  checkPictureSize(texture.width, texture.height);
  if (!(usage & TextureUsage.TEXTURE_BINDING))
    throw fault('has no TEXTURE_BINDING usage', 'Create it with that usage.');
  if (dimension !== '2d' || depthOrArrayLayers !== 1 || sampleCount !== 1)
    throw fault('is not a plain 2d texture', 'Copy the picture to one with a single layer and sample.');
  if (!TEXTURE_FORMATS.has(format)) {
    throw fault(
      `has the format ${format}`,
      `Use one of ${[...TEXTURE_FORMATS].join(', ')}, holding encoded sRGB colours in 0 to 1.`,
    );
  }
  return texture;
}

/** Size of a source the queue copies, once it has pixels. */
function readySize(source: CopySource): Size {
  if (typeof source !== 'object' || source === null) throw unknownSource(source);
  if ('readyState' in source && 'videoWidth' in source) {
    if (source.readyState < 2)
      throw notReady(
        `the video has no frame yet (readyState ${source.readyState})`,
        'Wait for its "loadeddata" event.',
      );
    return nonEmpty('video', source.videoWidth, source.videoHeight);
  }
  if ('naturalWidth' in source) {
    if (!source.complete) throw notReady('the image element has not loaded', 'Await its decode() first.');
    if (source.naturalWidth === 0)
      throw new ImageError('IMAGE_DECODE', 'The image element could not decode its file.', {
        source: source.currentSrc,
      });
    return nonEmpty('image element', source.naturalWidth, source.naturalHeight);
  }
  if ('displayWidth' in source) return nonEmpty('video frame', source.displayWidth, source.displayHeight);
  if ('getContext' in source) return nonEmpty('canvas', source.width, source.height);
  if ('close' in source && 'width' in source) return nonEmpty('image bitmap', source.width, source.height);
  throw unknownSource(source);
}

function nonEmpty(what: string, width: number, height: number): Size {
  if (width === 0 || height === 0)
    throw notReady(`the ${what} is ${width}x${height}`, 'It is empty, or has been closed or transferred.');
  return { width, height };
}

function notReady(what: string, hint: string, cause?: unknown): ImageError {
  return new ImageError('IMAGE_NOT_READY', `The picture cannot be read: ${what}.`, {
    hint,
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A runtime that pictures are not read in, but as pixels. */
export function noDecoder(lacking: string): ImageError {
  return new ImageError('IMAGE_DECODER', `This runtime has no ${lacking} to read pictures with.`, {
    hint: 'In Node and Deno, decode the file first and pass its pixels: readPicture of depthwise/node.',
  });
}

/** A picture that the browser keeps from pages. */
export function tainted(cause: unknown): ImageError {
  return new ImageError(
    'IMAGE_TAINTED',
    'The picture holds pixels of another origin, which the browser does not let pages read.',
    {
      hint: 'Load it with crossOrigin = "anonymous" from a server that allows it (CORS).',
      cause,
    },
  );
}

/** Why a source that has a size could not be copied. */
export function copyError(cause: unknown): ImageError {
  if ((cause as Error).name === 'SecurityError') return tainted(cause);
  return notReady((cause as Error).message.replace(/\.$/, ''), 'It may have been closed or transferred.', cause);
}

function unknownSource(source: unknown): ImageError {
  return new ImageError('IMAGE_SOURCE', `A picture cannot be ${source === null ? 'null' : `a ${typeof source}`}.`, {
    hint:
      'Pass a URL, Blob, ImageBitmap, ImageData, image, canvas or video element, VideoFrame, ' +
      'GPUTexture or { data, width, height }.',
  });
}
