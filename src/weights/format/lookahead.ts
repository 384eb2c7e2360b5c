import type { FileBytes } from './file_bytes.js';

/** A file whose bytes can be given back: a pickle and the entries of an archive tell by themselves where they end. */
export class Lookahead implements FileBytes {
  readonly source: string;
  readonly #file: FileBytes;
  #ahead: Uint8Array;

  /** @param start bytes that were taken from the file and come first again */
  constructor(start: Uint8Array, file: FileBytes) {
    this.source = file.source;
    this.#file = file;
    this.#ahead = start;
  }

  async take(length: number): Promise<Uint8Array> {
    const first = this.#cut(length);
    return first.length === length ? first : joined(first, await this.#file.take(length - first.length));
  }

  async takeUpTo(length: number): Promise<Uint8Array> {
    const first = this.#cut(length);
    return first.length === length ? first : joined(first, await this.#file.takeUpTo(length - first.length));
  }

  /** Gives back bytes that were taken last. */
  putBack(bytes: Uint8Array): void {
    this.#ahead = joined(bytes, this.#ahead);
  }

  #cut(length: number): Uint8Array {
    const first = this.#ahead.subarray(0, length);
    this.#ahead = this.#ahead.subarray(first.length);
    return first;
  }
}

/** A copy only where there is something to join. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
