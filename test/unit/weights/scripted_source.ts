import type { ByteSource } from '../../../src/weights/fetch/byte_source.js';

export interface Script {
  /** Bytes per chunk. */
  readonly chunk?: number;
  /** Raised after the last chunk. */
  readonly error?: unknown;
  /** Never ends: waits for ever after the last chunk. */
  readonly hangs?: boolean;
  readonly size?: number;
}

/** A stream of these bytes, and what became of it. */
export function scripted(
  bytes: Uint8Array,
  { chunk = 1 << 20, error, hangs = false, size }: Script = {},
): ByteSource & { cancelled: boolean; opened: number; given: number } {
  const source = {
    name: 'net.safetensors',
    size,
    cancelled: false,
    opened: 0,
    /** Bytes that were asked for. */
    given: 0,
    open: async () => {
      let at = 0;
      source.opened++;
      return new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (at < bytes.length) {
              controller.enqueue(bytes.slice(at, (at += chunk)));
              source.given = Math.min(at, bytes.length);
            } else if (error !== undefined) controller.error(error);
            else if (!hangs) controller.close();
            else return new Promise(() => undefined);
            return undefined;
          },
          cancel() {
            source.cancelled = true;
          },
        },
        { highWaterMark: 0 },
      );
    },
  };
  return source;
}
