import { otherTasks } from './other_tasks.js';

/** What a file is known to be; anything else is refused. */
export interface Expected {
  readonly bytes?: number | undefined;
  /** In hexadecimal. */
  readonly sha256?: string | undefined;
}

/** Bytes that can be read from the start, once or more. */
export interface ByteSource {
  /** File name or URL for messages, without secrets. */
  readonly name: string;
  /** Exact number of bytes, where it is known before reading. */
  readonly size?: number | undefined;
  readonly expected?: Expected | undefined;
  /** Starts reading from the first byte. The reader cancels the stream when it stops early. */
  open(signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** The file of a path that is relative to the folder of this one, where there is such a thing. */
  readonly sibling?: ((path: string) => Promise<ByteSource>) | undefined;
}

export function blobSource(blob: Blob, name = 'name' in blob ? String(blob.name) : 'blob'): ByteSource {
  return { name, size: blob.size, open: async () => blob.stream() };
}

/** How much of a buffer is handed out at once; between two pieces, other tasks get their turn. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Bytes in memory; the stream hands out views of this memory, not copies. */
export function bytesSource(data: ArrayBuffer | Uint8Array, name = 'buffer'): ByteSource {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  return { name, size: bytes.length, open: async () => new ReadableStream(piecesOf(bytes), { highWaterMark: 0 }) };
}

function piecesOf(bytes: Uint8Array): UnderlyingDefaultSource<Uint8Array> {
  let at = 0;
  return {
    async pull(controller) {
      if (at === bytes.length) return controller.close();
      if (at > 0) await otherTasks();
      controller.enqueue(bytes.subarray(at, (at += PIECE_BYTES)));
      at = Math.min(at, bytes.length);
    },
  };
}
