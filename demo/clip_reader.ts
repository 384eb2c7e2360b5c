import {
  BlobSource,
  EncodedPacketSink,
  Input,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  VideoSampleSink,
  WEBM,
  type InputAudioTrack,
  type InputVideoTrack,
  type VideoSample,
} from 'mediabunny';

/** A frame as it is shown: upright, with square pixels, of the size of its clip. Times are in seconds. */
export interface ClipFrame {
  /** To be closed by whoever takes it. */
  readonly picture: VideoFrame;
  readonly timestamp: number;
  readonly duration: number;
}

/** Frames that are looked at for the range of a clip, at most. */
const LOOKS = 16;
/** Of longer clips only frames that stand alone are looked at, as the others take all of it to be decoded. */
const MANY_FRAMES = 600;
/**
 * What a file may end before its own duration: in frames, and its sound in seconds, as last ones may have no duration.
 */
const SLACK = { frames: 2.5, sound: 0.2 };
/** Of times, in seconds. */
const PRECISION = 1e-3;

/** A video file whose frames are decoded by the browser. */
export class ClipReader {
  readonly width: number;
  readonly height: number;
  /** Of its frames, in seconds, in order, by its tables: more than can be read where the file is cut short. */
  readonly times: readonly number[];
  readonly sounds: readonly InputAudioTrack[];
  readonly #input: Input;
  readonly #track: InputVideoTrack;
  readonly #looks: readonly number[];
  readonly #canvas: OffscreenCanvas;
  #fault: string | undefined;
  /** Of the frame that was read last, in seconds. */
  #last = { timestamp: -Infinity, duration: 0 };

  private constructor(input: Input, track: InputVideoTrack, facts: ClipFacts) {
    this.#input = input;
    this.#track = track;
    this.width = facts.width;
    this.height = facts.height;
    this.sounds = facts.sounds;
    this.times = facts.times;
    this.#looks = facts.looks;
    this.#canvas = new OffscreenCanvas(facts.width, facts.height);
  }

  /** @throws Error that says in words why there is nothing to read */
  static async open(file: File): Promise<ClipReader> {
    const input = new Input({ source: new BlobSource(file), formats: [MP4, QTFF, WEBM, MATROSKA, MPEG_TS] });
    try {
      if (!(await input.canRead())) throw new Error(`${file.name} is no video file that this page can read.`);
      const track = await input.getPrimaryVideoTrack();
      if (!track) throw new Error(`${file.name} holds no video.`);
      if (!(await track.canDecode()))
        throw new Error(`This browser cannot decode ${file.name} (${(await track.getCodec()) ?? 'codec unknown'}).`);
      const [width, height, sounds, spread] = await Promise.all([
        track.getDisplayWidth(),
        track.getDisplayHeight(),
        input.getAudioTracks(),
        spreadOf(track),
      ]);
      return new ClipReader(input, track, { width, height, sounds, ...spread });
    } catch (error) {
      input.dispose();
      throw error;
    }
  }

  /** What is wrong with the file, once its frames were read; undefined for a sound one. */
  async fault(): Promise<string | undefined> {
    if (this.#fault !== undefined) return this.#fault;
    const { timestamp, duration } = this.#last;
    const whole = (await this.#track.getDurationFromMetadata()) ?? 0;
    const ends = await Promise.all(this.sounds.map((sound) => sound.computeDuration()));
    // Matroska has one duration for all of its tracks.
    const end = Math.max(timestamp + SLACK.frames * duration, ...ends.map((each) => each + SLACK.sound));
    return end < whole || timestamp + PRECISION < (this.times.at(-1) ?? 0) ? 'the file ends too early' : undefined;
  }

  /** A few frames that lie evenly in the clip; none that cannot be read. */
  async *looks(): AsyncGenerator<ClipFrame, void, undefined> {
    try {
      for await (const sample of new VideoSampleSink(this.#track).samplesAtTimestamps(this.#looks))
        if (sample) yield this.#frame(sample);
    } catch (error) {
      this.#note(error);
    }
  }

  /**
   * Every frame that can be read, in the order they are shown.
   * @param after when the last one is shown that is passed over, in seconds
   */
  async *frames(after = -Infinity): AsyncGenerator<ClipFrame, void, undefined> {
    try {
      for await (const sample of new VideoSampleSink(this.#track).samples(after)) {
        const { timestamp, duration } = (this.#last = sample);
        // Frames before the beginning are decoded for those that follow, and not shown.
        if (timestamp + duration > 0 && timestamp > after) yield this.#frame(sample);
        else sample.close();
      }
    } catch (error) {
      this.#note(error);
    }
  }

  /** Ends the reading. */
  close(): void {
    this.#input.dispose();
  }

  #note(error: unknown): void {
    this.#fault ??= error instanceof Error ? error.message : String(error);
  }

  #frame(sample: VideoSample): ClipFrame {
    const { timestamp, duration } = sample;
    try {
      const { width, height } = this;
      sample.draw(this.#canvas.getContext('2d') as OffscreenCanvasRenderingContext2D, 0, 0, width, height);
    } finally {
      sample.close();
    }
    const picture = new VideoFrame(this.#canvas, { timestamp: Math.round(1e6 * timestamp), alpha: 'discard' });
    return { picture, timestamp, duration };
  }
}

interface Spread {
  readonly times: readonly number[];
  /** Times of the frames to look at. */
  readonly looks: readonly number[];
}

interface ClipFacts extends Spread, Pick<ClipReader, 'width' | 'height' | 'sounds'> {}

/** When frames are shown, and which of them lie evenly. */
async function spreadOf(track: InputVideoTrack): Promise<Spread> {
  const times: number[] = [];
  const keys: number[] = [];
  for await (const { timestamp, type } of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    times.push(timestamp);
    if (type === 'key') keys.push(timestamp);
  }
  times.sort((a, b) => a - b);
  const from = times.length > MANY_FRAMES ? keys : times;
  const step = Math.ceil(from.length / LOOKS) || 1;
  return { times, looks: from.filter((_, i) => i % step === 0) };
}
