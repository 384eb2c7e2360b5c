import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  getFirstEncodableVideoCodec,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  Quality,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
  type AudioCodec,
  type EncodedPacket,
  type InputAudioTrack,
  type OutputFormat,
  type VideoCodec,
} from 'mediabunny';

/** What pixels of a frame are drawn on. */
export type Context = OffscreenCanvasRenderingContext2D;

/** In the order they are wanted: what plays everywhere first. */
const CODECS: VideoCodec[] = ['avc', 'vp9', 'av1', 'vp8'];

/** A video file that is being made, with the sound of another one. */
export class ClipWriter {
  readonly #output: Output<OutputFormat, BufferTarget>;
  readonly #video: VideoSampleSource;
  readonly #sounds: readonly SoundCopy[];
  readonly #canvas: OffscreenCanvas;
  readonly #context: Context;
  readonly #size: readonly [width: number, height: number];

  private constructor(output: Output<OutputFormat, BufferTarget>, codec: VideoCodec, given: Given) {
    const { width, height, sounds } = given;
    this.#output = output;
    this.#size = [width, height];
    this.#canvas = new OffscreenCanvas(even(width), even(height));
    this.#context = this.#canvas.getContext('2d', { alpha: false }) as Context;
    this.#video = new VideoSampleSource({ codec, quality: new Quality('very-high') });
    output.addVideoTrack(this.#video);
    this.#sounds = sounds.map((sound) => new SoundCopy(sound, output));
    output.setMetadataTags({ comment: given.comment });
  }

  /**
   * Begins a file of frames of a size. The codec is the first that the browser encodes, and the container one that
   * takes it and the sound.
   * @throws Error that says in words that no codec is there
   */
  static async open(given: GivenTracks): Promise<ClipWriter> {
    const { width, height } = given;
    const codec = await getFirstEncodableVideoCodec(CODECS, { width: even(width), height: even(height) });
    if (!codec) throw new Error(`This browser encodes no video of ${width} × ${height}.`);
    const sounds: Sound[] = [];
    for (const track of given.sounds) {
      const kind = await track.getCodec();
      if (kind) sounds.push({ track, codec: kind });
    }
    const format = containerOf(
      codec,
      sounds.map((sound) => sound.codec),
    );
    const output = new Output({ format, target: new BufferTarget() });
    const writer = new ClipWriter(output, codec, { ...given, sounds });
    await output.start();
    return writer;
  }

  /** Of the file's name, with its dot. */
  get ending(): string {
    return this.#output.format.fileExtension;
  }

  /** Tracks of sound that are copied. */
  get sounds(): number {
    return this.#sounds.length;
  }

  /** Adds a frame, and the sound before it. @param draw draws it. Times are in seconds. */
  async add(draw: (context: Context) => void, timestamp: number, duration: number): Promise<void> {
    for (const sound of this.#sounds) await sound.copy(timestamp);
    draw(this.#context);
    this.#fillEven();
    const sample = new VideoSample(this.#canvas, { timestamp, duration });
    try {
      await this.#video.add(sample);
    } finally {
      sample.close();
    }
  }

  /** The file, with the sound up to its end. */
  async end(): Promise<Blob> {
    for (const sound of this.#sounds) await sound.copy(Infinity);
    await this.#output.finalize();
    return new Blob([this.#output.target.buffer as ArrayBuffer], { type: this.#output.format.mimeType });
  }

  /** Leaves what was begun. Safe to call at any time. */
  async cancel(): Promise<void> {
    if (this.#output.state !== 'finalized') await this.#output.cancel();
  }

  /** Halved colours need even sides: an odd one gets its last row or column twice. */
  #fillEven(): void {
    const [width, height] = this.#size;
    const { width: across, height: down } = this.#canvas;
    if (across > width) this.#context.drawImage(this.#canvas, width - 1, 0, 1, height, width, 0, 1, height);
    if (down > height) this.#context.drawImage(this.#canvas, 0, height - 1, across, 1, 0, height, across, 1);
  }
}

interface Sound {
  readonly track: InputAudioTrack;
  readonly codec: AudioCodec;
}

/** What a file is made of: the size of its frames in pixels, and tracks to copy. */
export interface GivenTracks {
  readonly width: number;
  readonly height: number;
  readonly sounds: readonly InputAudioTrack[];
  /** Written into the file. */
  readonly comment: string;
}

interface Given extends Omit<GivenTracks, 'sounds'> {
  readonly sounds: readonly Sound[];
}

/** The usual container of a codec, where it takes the sound; Matroska takes any. */
function containerOf(codec: VideoCodec, sounds: readonly AudioCodec[]): OutputFormat {
  const formats = [...(codec === 'avc' ? [] : [new WebMOutputFormat()]), new Mp4OutputFormat()];
  const fits = formats.find((format) => {
    const taken: readonly string[] = format.getSupportedCodecs();
    return [codec, ...sounds].every((each) => taken.includes(each));
  });
  return fits ?? new MkvOutputFormat();
}

/** Sound that is copied packet by packet, without decoding it. */
class SoundCopy {
  readonly #track: InputAudioTrack;
  readonly #source: EncodedAudioPacketSource;
  readonly #packets: AsyncGenerator<EncodedPacket, void, unknown>;
  #next: EncodedPacket | undefined;
  #begun = false;

  constructor({ track, codec }: Sound, output: Output) {
    this.#track = track;
    this.#source = new EncodedAudioPacketSource(codec);
    this.#packets = new EncodedPacketSink(track).packets();
    output.addAudioTrack(this.#source);
  }

  /** Copies what begins before a time, and was not copied yet. */
  async copy(before: number): Promise<void> {
    this.#next ??= await this.#read();
    while (this.#next && this.#next.timestamp < before) {
      const decoderConfig = this.#begun ? null : await this.#track.getDecoderConfig();
      this.#begun = true;
      await this.#source.add(this.#next, decoderConfig ? { decoderConfig } : undefined);
      this.#next = await this.#read();
    }
  }

  async #read(): Promise<EncodedPacket | undefined> {
    return (await this.#packets.next()).value ?? undefined;
  }
}

function even(side: number): number {
  return side + (side % 2);
}
