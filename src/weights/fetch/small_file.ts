import { throwIfAborted } from '../../arguments/abort.js';
import { DepthwiseError } from '../../errors.js';
import { FileRequests, type HttpOptions } from './http_request.js';

/** Bounds of a file that should be small. */
export interface SmallFileLimits {
  readonly maxBytes: number;
  /** Longest time for the request and its body together, in milliseconds; without end unless given. */
  readonly totalMs?: number;
}

/** A file in memory, and the media type that the server gives it. */
export interface SmallFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/**
 * Fetches a file whole.
 * @param name its URL as it may be shown
 * @throws NetworkError `NET_TOO_LARGE` as soon as it is longer than `maxBytes`, `NET_STALL` after `totalMs`,
 *   `NET_BROKEN`, and those of `FileRequests`; or an `AbortError`
 */
export async function fetchSmallFile(
  url: string,
  name: string,
  { maxBytes, totalMs = Infinity }: SmallFileLimits,
  options: HttpOptions,
  signal: AbortSignal | undefined,
): Promise<SmallFile> {
  const requests = new FileRequests(url, name, options, signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const details = { limit: 'totalMs', expected: totalMs, retryable: true };
    const fail = () => reject(requests.fault('NET_STALL', `not all there after ${totalMs / 1000} s.`, details));
    if (totalMs < Infinity) timer = setTimeout(fail, totalMs);
  });
  try {
    return await Promise.race([readWhole(requests, maxBytes, signal), late]);
  } finally {
    clearTimeout(timer);
    requests.cancel();
  }
}

async function readWhole(
  requests: FileRequests,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<SmallFile> {
  const response = await requests.getWhole();
  const reader = requests.bodyOf(response);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  for (;;) {
    const { done, value } = await requests.orStall(reader.read(), received).catch((error: unknown) => {
      throwIfAborted(signal);
      if (error instanceof DepthwiseError) throw error;
      const details = { actual: received, retryable: true, cause: error };
      throw requests.fault('NET_BROKEN', `the answer broke off after ${received} bytes.`, details);
    });
    if (done) break;
    received += value.length;
    if (received > maxBytes) {
      const details = { limit: 'maxBytes', expected: maxBytes, actual: received };
      throw requests.fault('NET_TOO_LARGE', `the file is longer than the ${maxBytes} bytes that are read.`, details);
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { bytes, type: response.headers.get('content-type') ?? '' };
}
