import type { DepthModel, DrawOptions, EstimateOptions, ValueRange } from 'depthwise';
import { ClipReader, type ClipFrame } from './clip_reader.js';
import { ClipWriter } from './clip_writer.js';

/** How the depth of a video is made. */
export interface DepthVideoOptions extends EstimateOptions {
  readonly signal: AbortSignal;
  readonly look: Pick<DrawOptions, 'colormap' | 'invert'>;
  /** Holds the depth still where the picture is. */
  readonly steady: boolean;
  /** Sees frames in windows, as Video Depth Anything can. */
  readonly windows: boolean;
  /** Draws the picture to the left of its depth. */
  readonly side: boolean;
  /** Told how many frames are written, of how many. */
  readonly onProgress: (done: number, frames: number) => void;
}

/** What a video became. */
export interface DepthVideo {
  readonly blob: Blob;
  /** Of the file's name. */
  readonly ending: string;
  readonly frames: number;
  /** Whether a sound is there that could not be kept. */
  readonly silenced: boolean;
  /** What is wrong with the file that was read; undefined for a sound one. */
  readonly fault: string | undefined;
}

/**
 * Makes the depth of a video file, every frame of it at its time, in one range of values.
 * @throws Error in words for what cannot be read or encoded; the errors of `DepthModel.stream`; `AbortError`
 */
export async function makeDepthVideo(file: File, model: DepthModel, options: DepthVideoOptions): Promise<DepthVideo> {
  const reader = await ClipReader.open(file);
  let writer: ClipWriter | undefined;
  try {
    const range = await lookAtRange(reader, model, options);
    if (!range) throw new Error(`${file.name} has no frame that can be read (${(await reader.fault()) ?? 'empty'}).`);
    options.signal.throwIfAborted();
    const { width, height, sounds } = reader;
    const comment = `Depth by depthwise, ${model.info.name}`;
    writer = await ClipWriter.open({ width: options.side ? 2 * width : width, height, sounds, comment });
    const frames = await writeAll(reader, writer, model, range, options);
    const blob = await writer.end();
    const silenced = writer.sounds < sounds.length;
    return { blob, ending: writer.ending, frames, silenced, fault: await reader.fault() };
  } finally {
    await writer?.cancel();
    reader.close();
  }
}

/**
 * The range of a video, which spans those of a few frames: so its colours hold still, and no second pass is needed.
 * Undefined where none can be read.
 */
async function lookAtRange(
  reader: ClipReader,
  model: DepthModel,
  { signal, inputSize }: DepthVideoOptions,
): Promise<ValueRange | undefined> {
  let range: ValueRange | undefined;
  for await (const { picture } of reader.looks()) {
    const made = model.estimate(picture, { signal, ...(inputSize === undefined ? {} : { inputSize }) });
    const depth = await made.finally(() => picture.close());
    const { min, max } = await depth.range().finally(() => depth.dispose());
    range = range ? { min: Math.min(range.min, min), max: Math.max(range.max, max) } : { min, max };
  }
  return range;
}

/** @returns frames that were written */
async function writeAll(
  reader: ClipReader,
  writer: ClipWriter,
  model: DepthModel,
  range: ValueRange,
  { look, side, onProgress, ...options }: DepthVideoOptions,
): Promise<number> {
  const { width, height, times } = reader;
  const drawn = new OffscreenCanvas(width, height);
  /** Those whose maps come next; the stream closes the pictures that it is given. */
  const waiting: ClipFrame[] = [];
  const pictures = async function* () {
    for await (const frame of reader.frames()) {
      waiting.push(side ? { ...frame, picture: frame.picture.clone() } : frame);
      yield frame.picture;
    }
  };
  let done = 0;
  try {
    for await (const depth of model.stream(pictures(), options)) {
      const { picture, timestamp, duration } = waiting[0] as ClipFrame;
      await depth.draw(drawn, { ...look, range }).finally(() => depth.dispose());
      const draw = (context: OffscreenCanvasRenderingContext2D) => {
        // Values that are not finite are transparent.
        context.fillRect(0, 0, context.canvas.width, context.canvas.height);
        if (side) context.drawImage(picture, 0, 0);
        context.drawImage(drawn, side ? width : 0, 0);
      };
      await writer.add(draw, timestamp, duration);
      picture.close();
      waiting.shift();
      onProgress(++done, times.length);
    }
  } finally {
    for (const { picture } of waiting) picture.close();
  }
  return done;
}
