import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { DepthMap } from '../depth/depth_map.js';
import { UsageError } from '../errors.js';
import type { PictureSource } from '../image/picture.js';
import { parts } from '../parts.js';
import { ESTIMATE_OPTIONS, type EstimateOptions, type EstimateUse } from './estimate.js';
import { newest, videoFrames } from './frames.js';
import type { Lifetime } from './lifetime.js';
import type { SteadyState } from './steady.js';

/** Options of a stream. */
export interface StreamOptions extends EstimateOptions {
  /**
   * Holds the depth still where the picture is: each map is laid onto the last one and moves to the new one where the
   * picture changes, and its colours and textures span one range that follows slowly. A cut or another size starts
   * anew. For streams of one camera; metres keep their scale.
   */
  readonly steady?: boolean;
  /** @internal Of steady streams: what another one left, and how to ask what this one leaves. */
  readonly steadyState?: SteadyState;
}

const STREAM_OPTIONS: OptionTable<StreamOptions> = {
  ...ESTIMATE_OPTIONS,
  steady: [true, false],
  steadyState: null,
};

/** See `DepthModel.stream`. */
export async function* streamDepth(
  life: Lifetime,
  estimate: (picture: PictureSource, options: EstimateOptions, use?: EstimateUse) => Promise<DepthMap>,
  source: HTMLVideoElement | AsyncIterable<PictureSource>,
  given: StreamOptions,
): AsyncGenerator<DepthMap, void, undefined> {
  checkOptions(given, STREAM_OPTIONS, 'image');
  const { steady = false, steadyState, ...options } = given;
  const use = await useOf(life, steady, options, steadyState);
  try {
    for await (const picture of picturesOf(life, source, options)) {
      const timestamp = timestampOf(picture);
      await use?.between?.();
      const depth = await estimate(picture, options, use);
      yield Object.assign(depth, { timestamp });
    }
  } finally {
    use?.end();
  }
}

/** What holds depth still between frames: the network itself, where it is one along time, or `steady`. */
async function useOf(
  life: Lifetime,
  steady: boolean,
  { signal }: EstimateOptions,
  state: SteadyState | undefined,
): Promise<(EstimateUse & { end(): void }) | undefined> {
  const { temporal, title } = life.engine.entry;
  if (!temporal && !steady) return undefined;
  if (temporal && steady)
    throw new UsageError('OPTION_STEADY', `${title} holds its depth still by itself.`, {
      expected: [false],
      actual: steady,
      hint: 'Leave the option steady out.',
      phase: 'image',
    });
  const { SteadyStream, VideoStream } = await life.until(parts.steady(), signal);
  return temporal ? new VideoStream() : new SteadyStream(state);
}

function picturesOf(
  life: Lifetime,
  source: HTMLVideoElement | AsyncIterable<PictureSource>,
  { signal, queue }: EstimateOptions,
): AsyncIterable<PictureSource> {
  if (!(Symbol.asyncIterator in source)) return videoFrames(source, (frame) => life.until(frame, signal));
  return queue === 'latest' ? newest(source, (picture) => life.until(picture, signal)) : source;
}

/** Of a VideoFrame, in microseconds. */
function timestampOf(picture: PictureSource): number | undefined {
  const { timestamp } = picture as Partial<VideoFrame>;
  return typeof timestamp === 'number' ? timestamp : undefined;
}
