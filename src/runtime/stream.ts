import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { DepthMap } from '../depth/depth_map.js';
import { RangedDrawings } from '../depth/ranged_drawings.js';
import { ImageError, UsageError } from '../errors.js';
import { decodePicture } from '../image/decode.js';
import type { PictureSource, ReadFile } from '../image/picture.js';
import { parts } from '../parts.js';
import { ESTIMATE_OPTIONS, needsDoubt, usual, type EstimateOptions, type EstimateUse } from './estimate.js';
import { leaseDoubted } from './doubt.js';
import { closePicture, every, newest, readerOf, type Frame } from './frames.js';
import type { Lifetime } from './lifetime.js';
import { MapBufferPool } from './map_buffers.js';
import type { Waiting } from './newest.js';
import type { Queueing } from './run_queue.js';
import type { SteadyState } from './steady.js';
import { canvasFrames, trackFrames, videoFrames } from './video_frames.js';

/**
 * What depth can be streamed of: what is shown or filmed, or a sequence of pictures, as one of VideoFrames that are
 * decoded from a file.
 */
export type StreamSource =
  | HTMLVideoElement
  | HTMLCanvasElement
  | MediaStreamTrack
  | ReadableStream<PictureSource>
  | AsyncIterable<PictureSource>
  | Iterable<PictureSource>;

/** Options of a stream. */
export interface StreamOptions extends EstimateOptions {
  /**
   * `latest` takes the newest picture each time, and leaves out those that came meanwhile: the rule for tracks and
   * canvases, and the only one for video elements. `all`, the rule for sequences, takes every picture, and asks for the
   * next one when the map of the last was taken.
   */
  readonly queue?: Queueing;
  /**
   * Holds the depth still where the picture is: each map is laid onto the last one and moves to the new one where the
   * picture changes, faster where much of it does, and its colours and textures span one range that follows slowly. A
   * cut or another size starts anew. For streams of one camera; metres keep their scale. Video Depth Anything does so
   * by itself, and takes no `true`.
   */
  readonly steady?: boolean;
  /**
   * For Video Depth Anything, and whole videos: each frame is seen with those after it too, in windows of 32 that are
   * laid onto each other, which gives better depth than a stream does. Maps come 22 at a time, once the frames of their
   * window are there. Left out, a frame sees those before it alone, and its map comes at once.
   */
  readonly windows?: boolean;
  /** @internal Of steady streams: what another one left, and how to ask what this one leaves. */
  readonly steadyState?: SteadyState;
}

/** What a stream takes. */
export const STREAM_OPTIONS: OptionTable<StreamOptions> = {
  ...ESTIMATE_OPTIONS,
  steady: [true, false],
  windows: [true, false],
  steadyState: null,
};

/** See `DepthModel.stream`. */
export async function* streamDepth(
  life: Lifetime,
  estimate: (picture: PictureSource, options: EstimateOptions, use?: EstimateUse) => Promise<DepthMap>,
  source: StreamSource,
  given: StreamOptions,
  read: ReadFile = decodePicture,
): AsyncGenerator<DepthMap, void, undefined> {
  checkOptions(given, STREAM_OPTIONS, 'image');
  // One estimate at a time leaves nothing out: other calls with `latest` are not to take its place.
  const { steady = false, windows = false, steadyState, queue, ...options } = given;
  const pool = new MapBufferPool();
  const use = await useOf(life, pool, { ...options, steady, windows, steadyState });
  const frames = framesOf(source, (work) => life.until(work, options.signal), queue);
  try {
    if (windows) {
      const { windowedDepth } = await life.until(parts.steady(), options.signal);
      return yield* windowedDepth(life, { frames, pool, estimate, read, closePicture }, options);
    }
    for await (const { picture, timestamp } of frames) {
      const between = life.until(Promise.resolve(use.between?.()), options.signal);
      const made = between.then(() => estimate(picture, options, use));
      const depth = await made.finally(() => closePicture(picture));
      yield Object.assign(depth, { timestamp });
    }
  } finally {
    use.end();
    pool.end();
  }
}

/** What maps of a stream are estimated by: a network along time, what holds depth still, or as any picture. */
async function useOf(
  life: Lifetime,
  pool: MapBufferPool,
  options: EstimateOptions &
    Required<Pick<StreamOptions, 'steady' | 'windows'>> & { readonly steadyState: SteadyState | undefined },
): Promise<EstimateUse & { end(): void }> {
  const { entry } = life.engine;
  const { steady, windows, steadyState, signal } = options;
  const { temporal, title } = entry;
  const doubts = needsDoubt(entry, options);
  if (windows && !temporal)
    throw new UsageError('OPTION_WINDOWS', `${title} sees each frame alone, so there are no windows of frames.`, {
      expected: [false],
      actual: windows,
      hint: 'Leave the option windows out, or load video-depth-anything-small.',
      phase: 'image',
    });
  if (!temporal && !steady) return pooled(pool, doubts ? { lease: leaseDoubted } : usual);
  const fault = (message: string, hint: string) =>
    new UsageError('OPTION_STEADY', message, { expected: [false], actual: steady, hint, phase: 'image' });
  if (temporal && steady) throw fault(`${title} holds its depth still by itself.`, 'Leave the option steady out.');
  if (doubts) throw fault('A stream that holds depth still gives no confidence.', 'Leave the option confidence out.');
  const { SteadyStream, VideoStream } = await life.until(parts.steady(), signal);
  return temporal ? new VideoStream(pool) : new SteadyStream(pool, RangedDrawings, steadyState);
}

/** Estimates whose maps take their buffers from a pool. */
function pooled(pool: MapBufferPool, use: EstimateUse): EstimateUse & { end(): void } {
  return {
    ...use,
    buffers: pool,
    lease(engine, geometry) {
      pool.use(engine.gpu.device);
      return use.lease(engine, geometry);
    },
    end: () => undefined,
  };
}

/** The frames of a source as a stream takes them. @throws ImageError `IMAGE_SOURCE` */
export function framesOf(
  source: StreamSource,
  waiting: Waiting,
  queue: Queueing | undefined,
): AsyncIterable<Frame<PictureSource>> {
  if (typeof source !== 'object' || source === null) throw noSource(source === null ? 'null' : `a ${typeof source}`);
  if ('requestVideoFrameCallback' in source) return videoFrames(source, waiting);
  if ('captureStream' in source) return canvasFrames(source, waiting, queue);
  if ('kind' in source) return trackFrames(source, waiting, queue);
  if (!('getReader' in source || Symbol.asyncIterator in source || Symbol.iterator in source))
    throw noSource('such an object');
  if ('locked' in source && source.locked) throw noSource('a ReadableStream that something reads already');
  return (queue === 'latest' ? newest : every)(readerOf(source), waiting);
}

function noSource(what: string): ImageError {
  return new ImageError('IMAGE_SOURCE', `A stream cannot be of ${what}.`, {
    hint:
      'Pass a video or canvas element, a MediaStreamTrack, a ReadableStream of VideoFrames, or a list or async ' +
      'iterable of pictures. Of one picture, estimate gives the depth.',
  });
}
