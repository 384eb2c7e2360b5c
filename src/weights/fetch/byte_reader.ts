import { throwIfAborted, untilAborted } from '../../arguments/abort.js';
import { plainMemory } from '../../arguments/plain_memory.js';

/** Largest buffer made ahead of the bytes that fill it: a file may claim any size. */
const MAX_AHEAD = 1024 * 1024;

/** Reads a stream in pieces of given lengths; a piece that lies in one chunk is a view of it. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onChunk: (chunk: Uint8Array) => Promise<void>;
  readonly #signal: AbortSignal | undefined;
  #chunk = new Uint8Array(0);
  #ended = false;

  /** @param onChunk sees every chunk, in order, before any of it is handed out */
  constructor(
    stream: ReadableStream<Uint8Array>,
    onChunk: (chunk: Uint8Array) => Promise<void>,
    signal: AbortSignal | undefined,
  ) {
    this.#reader = stream.getReader();
    this.#onChunk = onChunk;
    this.#signal = signal;
  }

  /** The next `length` bytes, or as many as there are before the end of the stream. */
  async take(length: number): Promise<Uint8Array> {
    throwIfAborted(this.#signal);
    if (length === 0) return new Uint8Array(0);
    if (this.#chunk.length === 0) await this.#next();
    if (this.#chunk.length >= length) return this.#cut(length);
    let bytes = new Uint8Array(Math.min(length, MAX_AHEAD));
    let filled = 0;
    while (filled < length && this.#chunk.length > 0) {
      const part = this.#cut(Math.min(this.#chunk.length, length - filled));
      if (filled + part.length > bytes.length)
        bytes = grown(bytes, Math.min(length, Math.max(2 * bytes.length, filled + part.length)));
      bytes.set(part, filled);
      filled += part.length;
      if (filled < length && this.#chunk.length === 0) await this.#next();
    }
    return bytes.subarray(0, filled);
  }

  /** Whether no byte is left; waits for the next one where none has come yet. */
  async atEnd(): Promise<boolean> {
    if (this.#chunk.length === 0) await this.#next();
    return this.#chunk.length === 0;
  }

  /** Stops the stream. A stream that fails to stop has nothing more to say. */
  async cancel(): Promise<void> {
    this.#chunk = new Uint8Array(0);
    this.#ended = true;
    await this.#reader.cancel().catch(() => undefined);
  }

  async #next(): Promise<void> {
    while (!this.#ended && this.#chunk.length === 0) {
      const { done, value } = await untilAborted(this.#reader.read(), this.#signal);
      if (done) {
        this.#ended = true;
      } else if (value.length > 0) {
        const chunk = plainMemory(value) as Uint8Array<ArrayBuffer>;
        await this.#onChunk(chunk);
        this.#chunk = chunk;
      }
    }
  }

  #cut(length: number): Uint8Array {
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    return part;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}
