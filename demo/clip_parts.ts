import type { DepthMap, DepthModel, StreamOptions } from 'depthwise';
import { drawingOf, type Drawing } from './clip_drawing.js';
import { codecFor, PartEncoder, type EncodedPart } from './clip_encoder.js';
import type { ClipFrame, ClipReader } from './clip_reader.js';
import type { ClipState, ClipWork } from './clip_work.js';
import type { Codec } from './codecs.js';
import type { DepthVideoOptions } from './depth_video.js';

/** All that the depth of one video is made with. */
export interface Making {
  readonly reader: ClipReader;
  readonly model: DepthModel;
  readonly options: DepthVideoOptions;
  readonly work: ClipWork;
  /** What is done, from which it goes on. */
  readonly state: ClipState;
}

/** Frames of a part: what a page that is closed may lose. */
const PART_FRAMES = 120;

/**
 * Makes the depth of all frames that are not done, part by part, each of which is kept when it is whole; when the work
 * is cancelled, the one that was begun too.
 * @returns what is done, which is all
 * @throws AbortError when cancelled
 */
export async function makeParts(making: Making): Promise<ClipState> {
  const { reader, model, options, work } = making;
  const { signal, inputSize, steady, windows, layout } = options;
  let { state } = making;
  if (state.over) return state;
  const draw = drawingOf(options, model, state.range);
  const from = steady && state.parts > 0 ? await work.steady(state) : undefined;
  const steadyState: NonNullable<StreamOptions['steadyState']> = { from };
  const frames = new TakenFrames(reader.frames(state.last), layout !== 'depth');
  const maps = model.stream(frames.pictures(), {
    ...(inputSize === undefined ? {} : { inputSize }),
    ...(steady && { steady, steadyState }),
    // A window takes too long to be waited for; of other streams what is begun is kept.
    ...(windows && { windows, signal }),
  });
  try {
    while (!state.over) {
      const part = new OpenPart(draw, state.codec ?? options.codec);
      try {
        const over = await fill(part, { ...making, state }, maps, frames);
        const made = await part.end();
        if (made) state = await work.add(state, made, await steadyState.save?.());
        if (over) state = await work.save({ ...state, over, fault: await reader.fault() });
      } finally {
        await part.stop();
      }
      signal.throwIfAborted();
    }
    return state;
  } finally {
    await maps.return();
    frames.close();
  }
}

/**
 * Writes maps into a part until it has all of its frames, or until the work is cancelled.
 * @returns whether it is over
 */
async function fill(
  part: OpenPart,
  { reader, options: { signal, onProgress }, state }: Making,
  maps: AsyncGenerator<DepthMap, void, undefined>,
  frames: TakenFrames,
): Promise<boolean> {
  while (part.frames < PART_FRAMES && !signal.aborted) {
    const { value: depth } = await maps.next();
    if (!depth) return true;
    try {
      await part.write(frames.next(), depth);
    } finally {
      depth.dispose();
    }
    onProgress(state.frames + part.frames, reader.times.length);
  }
  return false;
}

/** Frames that a stream takes, and those among them whose maps come next. */
class TakenFrames {
  readonly #frames: AsyncIterable<ClipFrame>;
  readonly #drawn: boolean;
  readonly #waiting: ClipFrame[] = [];

  /** @param drawn whether pictures are wanted once more with their maps; the stream closes those that it is given */
  constructor(frames: AsyncIterable<ClipFrame>, drawn: boolean) {
    this.#frames = frames;
    this.#drawn = drawn;
  }

  async *pictures(): AsyncGenerator<VideoFrame, void, undefined> {
    for await (const frame of this.#frames) {
      this.#waiting.push(this.#drawn ? { ...frame, picture: frame.picture.clone() } : frame);
      yield frame.picture;
    }
  }

  /** The frame whose map comes next, to be closed by whoever takes it. */
  next(): ClipFrame {
    return this.#waiting.shift() as ClipFrame;
  }

  close(): void {
    for (const { picture } of this.#waiting.splice(0)) picture.close();
  }
}

/** A part of a video that is being made, as large as its first drawing. */
class OpenPart {
  readonly #draw: Drawing;
  readonly #codec: Codec;
  #encoder: PartEncoder | undefined;

  constructor(draw: Drawing, codec: Codec) {
    this.#draw = draw;
    this.#codec = codec;
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#encoder?.frames ?? 0;
  }

  async write({ picture, timestamp, duration }: ClipFrame, depth: DepthMap): Promise<void> {
    try {
      const drawn = await this.#draw(picture, depth);
      const { width, height } = drawn;
      this.#encoder ??= await PartEncoder.open(await codecFor(this.#codec, width, height), width, height);
      await this.#encoder.add(drawn, timestamp, duration);
    } finally {
      picture.close();
    }
  }

  /** Ends what was begun; undefined where nothing was. */
  async end(): Promise<EncodedPart | undefined> {
    return this.#encoder?.end();
  }

  /** Leaves what is not whole. Safe to call at the end. */
  async stop(): Promise<void> {
    await this.#encoder?.stop();
  }
}
