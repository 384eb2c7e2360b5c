import { DepthwiseError } from '../../errors.js';
import { abortError, throwIfAborted } from '../../arguments/abort.js';
import { parts } from '../../parts.js';
import type { Validators } from '../cache/cache.js';
import type { ByteSource } from './byte_source.js';
import { FileRequests, type HttpOptions } from './http_request.js';
import { displayUrl } from './source.js';

/**
 * A file at a URL. Asks again after 429 and 5xx, at most twice, and picks up an interrupted body once where that is
 * safe.
 * `open` and its stream raise NetworkError `NET_HTTP`, `NET_UNREACHABLE`, `NET_REDIRECT`, `NET_OPAQUE` or `NET_STALL`.
 */
export class HttpSource implements ByteSource {
  readonly name: string;
  readonly url: string;
  /** A download whose answer has begun; the next `open` goes on with it. */
  begun: Download | undefined;
  readonly #options: HttpOptions;
  #validators: Validators = {};

  constructor(url: string, options: HttpOptions = {}) {
    this.name = displayUrl(url);
    this.url = url;
    this.#options = options;
  }

  /** What the server said of the file that was opened last. */
  get validators(): Validators {
    return this.#validators;
  }

  async open(signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    throwIfAborted(signal);
    const download = this.begun ?? this.download(signal);
    this.begun = undefined;
    this.#validators = await download.send();
    return new ReadableStream(download, { highWaterMark: 0 });
  }

  /** A download that has yet to be sent. */
  download(signal: AbortSignal | undefined): Download {
    const requests = new FileRequests(this.url, this.name, this.#options, signal);
    return new Download(requests, this.#options.verified === true, signal);
  }
}

export class Download implements UnderlyingDefaultSource<Uint8Array> {
  readonly #requests: FileRequests;
  readonly #verified: boolean;
  readonly #signal: AbortSignal | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #received = 0;
  #etag: string | undefined;
  #validators: Validators = {};
  #resumed = false;
  /** Whether the server says that the file is the one that was asked about. */
  unchanged = false;

  constructor(requests: FileRequests, verified: boolean, signal: AbortSignal | undefined) {
    this.#requests = requests;
    this.#verified = verified;
    this.#signal = signal;
  }

  /** Sends the request; called a second time, to no effect. */
  async send(headers?: Record<string, string>): Promise<Validators> {
    if (this.#reader) return this.#validators;
    try {
      const response = await this.#requests.getWhole(headers);
      this.unchanged = response.status === 304;
      this.#etag = strongETag(response);
      this.#validators = {
        etag: response.headers.get('etag') ?? undefined,
        lastModified: response.headers.get('last-modified') ?? undefined,
      };
      this.#reader = this.#requests.bodyOf(response);
      return this.#validators;
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
      const rest = await parts
        .rare()
        .then(({ resume }) => resume(this.#requests, this.#received, (response) => this.#isSame(response)))
        .catch(() => undefined);
      if (!rest) throw error;
      this.#reader = rest;
      return this.#read();
    }
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
