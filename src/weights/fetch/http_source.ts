import { DepthwiseError } from '../../errors.js';
import { abortError, throwIfAborted } from '../../abort.js';
import type { ByteSource } from './byte_source.js';
import { FileRequests, type HttpOptions } from './http_request.js';
import { displayUrl } from './source.js';

/**
 * A file at a URL. Asks again after 429 and 5xx, at most twice, and picks up an interrupted body once where that is
 * safe.
 * `open` and its stream raise NetworkError `NET_HTTP`, `NET_UNREACHABLE`, `NET_REDIRECT`, `NET_OPAQUE` or `NET_STALL`.
 */
export function httpSource(url: string, options: HttpOptions = {}): ByteSource {
  const name = displayUrl(url);
  return {
    name,
    open: async (signal) => {
      throwIfAborted(signal);
      const download = new Download(new FileRequests(url, name, options, signal), options.verified === true, signal);
      await download.start();
      return new ReadableStream(download, { highWaterMark: 0 });
    },
  };
}

class Download implements UnderlyingDefaultSource<Uint8Array> {
  readonly #requests: FileRequests;
  readonly #verified: boolean;
  readonly #signal: AbortSignal | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #received = 0;
  #etag: string | undefined;
  #resumed = false;

  constructor(requests: FileRequests, verified: boolean, signal: AbortSignal | undefined) {
    this.#requests = requests;
    this.#verified = verified;
    this.#signal = signal;
  }

  /** Sends the request; the stream that is built on this object calls it a second time, to no effect. */
  async start(): Promise<void> {
    if (this.#reader) return;
    try {
      const response = await this.#requests.getWhole();
      this.#etag = strongETag(response);
      this.#reader = bodyOf(response);
    } catch (error) {
      this.#requests.close();
      throw error;
    }
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await this.#read();
      if (!done) return controller.enqueue(value);
      this.#requests.close();
      controller.close();
    } catch (error) {
      this.#requests.cancel();
      throw error;
    }
  }

  cancel(): void {
    this.#requests.cancel();
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      const result = await this.#requests.orStall(this.#reader!.read(), this.#received);
      this.#received += result.value?.length ?? 0;
      return result;
    } catch (error) {
      if (this.#signal?.aborted) throw abortError(this.#signal);
      if (error instanceof DepthwiseError || this.#resumed) throw error;
      this.#resumed = true;
      if (!(await this.#resume().catch(() => false))) throw error;
      return this.#read();
    }
  }

  /** Goes on where the body broke off, but never splices two versions of a file. */
  async #resume(): Promise<boolean> {
    const part = await this.#requests.get({ range: `bytes=${this.#received}-` });
    if (!this.#isSame(part)) {
      await part.body?.cancel();
      return false;
    }
    if (part.status === 206 && part.headers.get('content-range')?.startsWith(`bytes ${this.#received}-`)) {
      this.#reader = bodyOf(part);
      return true;
    }
    if (part.status === 200) return this.#restart(part);
    await part.body?.cancel();
    return this.#restart(await this.#requests.get({}));
  }

  /** Reads the whole file again up to where the first body broke off. */
  async #restart(whole: Response): Promise<boolean> {
    if (whole.status !== 200 || !this.#isSame(whole)) {
      await whole.body?.cancel();
      return false;
    }
    const reader = bodyOf(whole);
    let ahead = -this.#received;
    while (ahead < 0) {
      const { done, value } = await this.#requests.orStall(reader.read(), this.#received);
      if (done) return false;
      ahead += value.length;
      this.#reader = ahead > 0 ? prepend(value.subarray(value.length - ahead), reader) : reader;
    }
    return true;
  }

  #isSame(response: Response): boolean {
    return this.#verified || (this.#etag !== undefined && this.#etag === strongETag(response));
  }
}

/** A validator that promises the same bytes; weak ones do not. */
function strongETag(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

function bodyOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  return (response.body ?? new Response(new Uint8Array(0)).body!).getReader();
}

function prepend(
  first: Uint8Array,
  rest: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStreamDefaultReader<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => rest.cancel(reason),
  }).getReader();
}
