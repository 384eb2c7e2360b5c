import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
  type AudioCodec,
  type EncodedPacket,
  type InputAudioTrack,
  type OutputFormat,
} from 'mediabunny';
import { packetsOf } from './clip_encoder.js';
import type { Codec } from './codecs.js';

/** What a file is made of. */
export interface GivenTracks {
  readonly codec: Codec;
  /** In order; from `PartEncoder`. */
  readonly parts: AsyncIterable<Blob>;
  /** To be copied. */
  readonly sounds: readonly InputAudioTrack[];
  /** Written into the file. */
  readonly comment: string;
  readonly signal: AbortSignal;
}

/** A video file. */
export interface WrittenClip {
  readonly blob: Blob;
  /** Of the file's name, with its dot. */
  readonly ending: string;
  /** Tracks of sound that were copied. */
  readonly sounds: number;
}

/**
 * Puts the parts of a video one behind the other, with the sound of another one, into a container that takes both.
 * Nothing is encoded again.
 */
export async function writeClip({ codec, parts, sounds, comment, signal }: GivenTracks): Promise<WrittenClip> {
  const known: Sound[] = [];
  for (const track of sounds) {
    const kind = await track.getCodec();
    if (kind) known.push({ track, codec: kind });
  }
  const format = containerOf(
    codec,
    known.map((sound) => sound.codec),
  );
  const output = new Output({ format, target: new BufferTarget() });
  const video = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(video);
  const copies = known.map((sound) => new SoundCopy(sound, output));
  output.setMetadataTags({ comment });
  try {
    await output.start();
    let begun = false;
    for await (const part of parts) {
      const { config, packets } = await packetsOf(part);
      for (const packet of packets) {
        signal.throwIfAborted();
        for (const copy of copies) await copy.copy(packet.timestamp);
        await video.add(packet, begun ? undefined : { decoderConfig: config });
        begun = true;
      }
    }
    for (const copy of copies) await copy.copy(Infinity);
    await output.finalize();
  } catch (error) {
    await output.cancel();
    throw error;
  }
  const blob = new Blob([output.target.buffer as ArrayBuffer], { type: format.mimeType });
  return { blob, ending: format.fileExtension, sounds: copies.length };
}

interface Sound {
  readonly track: InputAudioTrack;
  readonly codec: AudioCodec;
}

/** The usual container of a codec, where it takes the sound; Matroska takes any. */
function containerOf(codec: Codec, sounds: readonly AudioCodec[]): OutputFormat {
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
