import {
  EncodedPacket,
  getFirstEncodableVideoCodec,
  MkvOutputFormat,
  NullTarget,
  Output,
  Quality,
  VideoSample,
  VideoSampleSource,
} from 'mediabunny';
import type { Codec } from './codecs.js';

/** What is taken where the browser does not encode what is asked for: what plays everywhere first. */
const OTHERS: readonly Codec[] = ['avc', 'vp9', 'av1', 'vp8'];

/** A part of a video: encoded frames from a key frame on. */
export interface EncodedPart {
  readonly codec: Codec;
  readonly frames: number;
  /** When the last of them is shown, in seconds. */
  readonly last: number;
  /** For `packetsOf`. */
  readonly content: Blob;
}

/** What is written of a packet, its bytes aside: times in seconds. */
type PacketNote = readonly [type: EncodedPacket['type'], timestamp: number, duration: number, bytes: number];

/** What stands before the packets of a part. */
interface PartHead {
  readonly config: Omit<VideoDecoderConfig, 'description'> & { readonly description?: readonly number[] };
  readonly packets: readonly PacketNote[];
}

/**
 * The first codec that the browser encodes a size in, the wanted one before all others.
 * @throws Error that says in words that there is none
 */
export async function codecFor(wanted: Codec, width: number, height: number): Promise<Codec> {
  const size = { width: even(width), height: even(height) };
  const codec = await getFirstEncodableVideoCodec([wanted, ...OTHERS], size);
  if (!codec) throw new Error(`This browser encodes no video of ${width} × ${height}.`);
  return codec as Codec;
}

/** A part of a video that is being encoded, of frames of one size. */
export class PartEncoder {
  readonly #codec: Codec;
  readonly #output = new Output({ format: new MkvOutputFormat(), target: new NullTarget() });
  readonly #source: VideoSampleSource;
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #size: readonly [width: number, height: number];
  readonly #notes: PacketNote[] = [];
  readonly #data: Uint8Array<ArrayBuffer>[] = [];
  #config: VideoDecoderConfig | undefined;
  #frames = 0;
  #last = 0;

  private constructor(codec: Codec, width: number, height: number) {
    this.#codec = codec;
    this.#size = [width, height];
    this.#canvas = new OffscreenCanvas(even(width), even(height));
    this.#context = this.#canvas.getContext('2d', { alpha: false }) as OffscreenCanvasRenderingContext2D;
    this.#source = new VideoSampleSource({
      codec,
      quality: new Quality('very-high'),
      onEncodedPacket: (packet, meta) => this.#take(packet, meta?.decoderConfig),
    });
    this.#output.addVideoTrack(this.#source);
  }

  static async open(codec: Codec, width: number, height: number): Promise<PartEncoder> {
    const encoder = new PartEncoder(codec, width, height);
    await encoder.#output.start();
    return encoder;
  }

  /** Frames added so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Adds a frame. Where it is transparent, it is black. Times are in seconds. */
  async add(picture: OffscreenCanvas, timestamp: number, duration: number): Promise<void> {
    const { width, height } = this.#canvas;
    this.#context.fillRect(0, 0, width, height);
    this.#context.drawImage(picture, 0, 0);
    this.#fillEven();
    const sample = new VideoSample(this.#canvas, { timestamp, duration });
    try {
      await this.#source.add(sample);
    } finally {
      sample.close();
    }
    this.#frames++;
    this.#last = timestamp;
  }

  /** Ends the part. */
  async end(): Promise<EncodedPart> {
    await this.#output.finalize();
    const { description, ...config } = this.#config as VideoDecoderConfig;
    const head: PartHead = {
      config: { ...config, ...(description && { description: [...bytesOf(description)] }) },
      packets: this.#notes,
    };
    const text = new TextEncoder().encode(JSON.stringify(head));
    const content = new Blob([Uint32Array.of(text.length), text, ...this.#data]);
    return { codec: this.#codec, frames: this.#frames, last: this.#last, content };
  }

  /** Leaves what was begun. Safe to call at any time. */
  async stop(): Promise<void> {
    if (this.#output.state !== 'finalized') await this.#output.cancel();
  }

  #take({ type, timestamp, duration, data }: EncodedPacket, config: VideoDecoderConfig | undefined): void {
    this.#config ??= config;
    this.#notes.push([type, timestamp, duration, data.length]);
    this.#data.push(data as Uint8Array<ArrayBuffer>);
  }

  /** Halved colours need even sides: an odd one gets its last row or column twice. */
  #fillEven(): void {
    const [width, height] = this.#size;
    const { width: across, height: down } = this.#canvas;
    if (across > width) this.#context.drawImage(this.#canvas, width - 1, 0, 1, height, width, 0, 1, height);
    if (down > height) this.#context.drawImage(this.#canvas, 0, height - 1, across, 1, 0, height, across, 1);
  }
}

/** The packets of a part, and how they are decoded. */
export async function packetsOf(
  content: Blob,
): Promise<{ readonly config: VideoDecoderConfig; readonly packets: EncodedPacket[] }> {
  const bytes = new Uint8Array(await content.arrayBuffer());
  let at = 4 + (new Uint32Array(bytes.buffer, 0, 1)[0] as number);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at))) as PartHead;
  const packets = head.packets.map(([type, timestamp, duration, length]) => {
    const data = bytes.subarray(at, (at += length));
    return new EncodedPacket(data, type, timestamp, duration);
  });
  const { description, ...config } = head.config;
  return { config: { ...config, ...(description && { description: Uint8Array.from(description) }) }, packets };
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function even(side: number): number {
  return side + (side % 2);
}
