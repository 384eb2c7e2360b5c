import { ImageError } from '../errors.js';
import { copyError, pictureSize, type PictureSource, type ReadyPicture } from '../image/picture.js';
import { copyOf } from '../arguments/plain_memory.js';

/** Elements that only the page can read. */
type Element = HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement;

/** What a worker is sent: a picture, and what of it moves there. */
export interface SentPicture {
  readonly picture: Exclude<PictureSource, URL | Element | GPUTexture>;
  readonly transfer: Transferable[];
}

/**
 * A picture as it can be sent to a worker. Pixels and elements are read before this returns.
 * @throws ImageError as `DepthModel.estimate`, and `IMAGE_TEXTURE` for textures, which live on a device of the page
 */
export async function sendable(source: PictureSource): Promise<SentPicture> {
  if (typeof source === 'string' || source instanceof URL) return { picture: absolute(String(source)), transfer: [] };
  if (source instanceof Blob) return { picture: source, transfer: [] };
  pictureSize(source);
  if ('createView' in source)
    throw new ImageError('IMAGE_TEXTURE', `The texture "${source.label}" is on a device of the page.`, {
      hint: 'A worker has a device of its own: pass the picture, or load the model in the page.',
    });
  if (isElement(source)) {
    const picture = await createImageBitmap(source, { premultiplyAlpha: 'none' }).catch((cause: unknown) => {
      throw copyError(cause);
    });
    return { picture, transfer: [picture] };
  }
  if (!('data' in source) || !ArrayBuffer.isView(source.data)) return { picture: source, transfer: [] };
  // A clone of a view would hold all of its memory, and one of shared memory would change.
  const data = copyOf(source.data);
  const { width, height } = source;
  return { picture: { ...optional(source), data, width, height }, transfer: [data.buffer] };
}

/**
 * A picture of a stream as it is sent: frames and bitmaps, which a stream closes, are moved, and a video gives the
 * frame that it shows, if any: Chromium's have none for a while after a load and a seek, and tell when there is one.
 * @throws as `sendable`
 */
export async function movable(source: PictureSource): Promise<SentPicture | undefined> {
  if (typeof source !== 'object' || source === null || 'data' in source) return sendable(source);
  const frame = 'videoWidth' in source && typeof VideoFrame !== 'undefined' ? shownFrame(source) : source;
  if (!frame) return undefined;
  if (!('close' in frame)) return sendable(source);
  pictureSize(frame);
  return { picture: frame, transfer: [frame] };
}

function shownFrame(video: HTMLVideoElement): VideoFrame | undefined {
  pictureSize(video);
  try {
    return new VideoFrame(video);
  } catch (cause) {
    if ((cause as Error).name === 'InvalidStateError') return undefined;
    throw copyError(cause);
  }
}

/** A URL that means the same in a worker, whose script is elsewhere; what is none stays. */
export function absolute(url: string): string {
  try {
    return new URL(url, document.baseURI).href;
  } catch {
    return url;
  }
}

function isElement(source: ReadyPicture): source is Element {
  return 'naturalWidth' in source || 'videoWidth' in source || 'getContext' in source;
}

/** What pixels in memory may come with. `ImageData` has four channels. */
function optional(source: object): { channels?: 1 | 3 | 4; focalLength?: number } {
  const { channels, focalLength } = source as { channels?: 1 | 3 | 4; focalLength?: number };
  return { ...(channels !== undefined && { channels }), ...(focalLength !== undefined && { focalLength }) };
}
