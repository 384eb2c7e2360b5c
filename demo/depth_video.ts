import type { DepthModel, EstimateOptions } from 'depthwise';
import type { ClipLook } from './clip_drawing.js';
import { makeParts, type Making } from './clip_parts.js';
import { ClipReader } from './clip_reader.js';
import { ClipWork, type ClipRange, type ClipState } from './clip_work.js';
import { writeClip } from './clip_writer.js';
import type { Codec } from './codecs.js';

/** How the depth of a video is made. */
export interface DepthVideoOptions extends EstimateOptions, ClipLook {
  readonly signal: AbortSignal;
  /** What is taken where the browser encodes it. */
  readonly codec: Codec;
  /** Holds the depth still where the picture is. */
  readonly steady: boolean;
  /** Sees frames in windows, as Video Depth Anything can. */
  readonly windows: boolean;
  /** Told how many frames are done that were done before, where some were. */
  readonly onResume: (done: number) => void;
  /** Told how many frames are written, of how many. */
  readonly onProgress: (done: number, frames: number) => void;
}

/** What a video became. */
export interface DepthVideo {
  readonly blob: Blob;
  /** Of the file's name. */
  readonly ending: string;
  readonly codec: Codec;
  readonly frames: number;
  /** Whether a sound is there that could not be kept. */
  readonly silenced: boolean;
  /** What is wrong with the file that was read; undefined for a sound one. */
  readonly fault: string | undefined;
}

/**
 * Makes the depth of a video file, every frame of it at its time, in one range of values. What is done when it is
 * cancelled, and when the page is closed, is kept: the same call goes on from there. Windows of frames begin again.
 * @throws Error in words for what cannot be read or encoded; the errors of `DepthModel.stream`; `AbortError`
 */
export async function makeDepthVideo(file: File, model: DepthModel, options: DepthVideoOptions): Promise<DepthVideo> {
  const reader = await ClipReader.open(file);
  let work: ClipWork | undefined;
  try {
    const key = keyOf(file, model, options);
    work = await ClipWork.open(key, !options.windows);
    if (work.state?.frames) options.onResume(work.state.frames);
    const state = work.state ?? (await begin(work, key, file, { reader, model, options }));
    const made = await makeParts({ reader, model, options, work, state });
    const { frames, codec, fault } = made;
    if (!codec) throw emptyVideo(file, fault);
    const clip = await writeClip({
      ...{ codec, parts: work.parts(made), sounds: reader.sounds, signal: options.signal },
      comment: `Depth by depthwise, ${model.info.name}`,
    });
    await work.clear();
    const silenced = clip.sounds < reader.sounds.length;
    return { blob: clip.blob, ending: clip.ending, codec, frames, silenced, fault };
  } finally {
    work?.close();
    reader.close();
  }
}

/** What a video's depth is made of and how. Parts of other browsers may not fit. */
function keyOf({ name, size, lastModified }: File, { info }: DepthModel, options: DepthVideoOptions): string {
  const { look, layout, codec, steady, windows, inputSize } = options;
  const { colormap, invert } = look;
  const how = { colormap, invert, layout, codec, steady, windows, inputSize };
  const { precision, adapter } = info;
  return JSON.stringify([name, size, lastModified, info.name, precision, adapter, navigator.userAgent, how]);
}

async function begin(
  work: ClipWork,
  key: string,
  file: File,
  making: Pick<Making, 'reader' | 'model' | 'options'>,
): Promise<ClipState> {
  const range = await lookAtRange(making);
  if (!range) throw emptyVideo(file, await making.reader.fault());
  making.options.signal.throwIfAborted();
  return work.save({ key, range, parts: 0, frames: 0 });
}

function emptyVideo({ name }: File, fault = 'empty'): Error {
  return new Error(`${name} has no frame that can be read (${fault}).`);
}

/**
 * The range of a video, which spans those of a few frames: so its colours hold still, and no second pass is needed.
 * Undefined where none can be read.
 */
async function lookAtRange({
  reader,
  model,
  options: { signal, inputSize },
}: Pick<Making, 'reader' | 'model' | 'options'>): Promise<ClipRange | undefined> {
  let range: ClipRange | undefined;
  for await (const { picture } of reader.looks()) {
    const made = model.estimate(picture, { signal, ...(inputSize === undefined ? {} : { inputSize }) });
    const depth = await made.finally(() => picture.close());
    const { min, max, low, high } = await depth.range().finally(() => depth.dispose());
    range = {
      min: Math.min(range?.min ?? Infinity, min),
      max: Math.max(range?.max ?? -Infinity, max),
      low: Math.min(range?.low ?? Infinity, low),
      high: Math.max(range?.high ?? -Infinity, high),
    };
  }
  return range;
}
