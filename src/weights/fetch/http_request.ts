import { DepthwiseError, NetworkError } from '../../errors.js';
import { abortError } from '../../abort.js';
import { displayUrl } from './source.js';

export interface HttpOptions {
  /** Stands in for the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Longest wait for the next bytes, in milliseconds; 30,000 unless given. */
  readonly stallMs?: number | undefined;
  /** First wait before asking again after a 429 or 5xx, in milliseconds; 500 unless given, doubled each time. */
  readonly retryMs?: number | undefined;
  /** Whether the whole file will be held to a SHA-256, so that bytes of two versions cannot pass for one file. */
  readonly verified?: boolean | undefined;
}

const STALL_MS = 30_000;
const RETRY_MS = 500;
const MAX_RETRIES = 2;
/** Longest wait a server's Retry-After is granted, in milliseconds. */
const MAX_WAIT_MS = 10_000;

/**
 * Requests for one file: never with credentials, never answered by a browser's own cache, all stopped by one signal.
 */
export class FileRequests {
  readonly #url: string;
  readonly #name: string;
  readonly #options: HttpOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #controller = new AbortController();

  /** @param name the URL as it may be shown */
  constructor(url: string, name: string, options: HttpOptions, signal: AbortSignal | undefined) {
    this.#url = url;
    this.#name = name;
    this.#options = options;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#controller.abort();

  /** Lets go of the caller's signal, once everything has been read. */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Stops whatever is under way. */
  cancel(): void {
    this.close();
    this.#controller.abort();
  }

  /** The whole file; asks again after 429 and 5xx. */
  async getWhole(): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.get({});
      if (response.status === 200) return response;
      await response.body?.cancel();
      const passing = response.status === 429 || response.status >= 500;
      if (!passing || attempt === MAX_RETRIES) throw this.#httpError(response, passing);
      await this.#wait(retryAfter(response) ?? (this.#options.retryMs ?? RETRY_MS) * 2 ** attempt);
    }
  }

  /** One request, whatever its status. */
  async get(headers: Record<string, string>): Promise<Response> {
    const call = this.#options.fetch ?? fetch;
    let response: Response;
    try {
      response = await this.orStall(
        call(this.#url, {
          headers,
          signal: this.#controller.signal,
          credentials: 'omit',
          redirect: 'follow',
          cache: 'no-store',
        }),
      );
    } catch (error) {
      if (this.#signal?.aborted) throw abortError(this.#signal);
      throw error instanceof DepthwiseError ? error : this.#unreachable(error);
    }
    if (response.type === 'opaque' || response.type === 'opaqueredirect') {
      throw new NetworkError(
        'NET_OPAQUE',
        `${this.#name}: the response is opaque, so its bytes cannot be read. A service worker may have answered without CORS.`,
        {
          source: this.#name,
          actual: response.type,
        },
      );
    }
    if (this.#url.startsWith('https:') && response.url.startsWith('http:')) {
      await response.body?.cancel();
      throw new NetworkError(
        'NET_REDIRECT',
        `${this.#name}: redirected from https to ${displayUrl(response.url)}, which is not encrypted.`,
        {
          source: this.#name,
          expected: 'https',
          actual: displayUrl(response.url),
        },
      );
    }
    return response;
  }

  /** Waits for `work`, but not longer than a stalled connection deserves. `received` is for the message. */
  async orStall<T>(work: Promise<T>, received = 0): Promise<T> {
    const limit = this.#options.stallMs ?? STALL_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new NetworkError('NET_STALL', `${this.#name}: no bytes for ${limit / 1000} s, after ${received}.`, {
            source: this.#name,
            limit: 'stallMs',
            expected: limit,
            actual: received,
            retryable: true,
          }),
        );
        this.#controller.abort();
      }, limit);
    });
    try {
      return await Promise.race([work, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  #unreachable(cause: unknown): NetworkError {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : '';
    if (/redirect/i.test(inner)) {
      return new NetworkError('NET_REDIRECT', `${this.#name}: too many redirects.`, { source: this.#name, cause });
    }
    return new NetworkError(
      'NET_UNREACHABLE',
      `${this.#name}: no answer${inner ? ` (${inner})` : ''}. The network may be down, or in a page, the server may not allow cross-origin requests (CORS).`,
      {
        source: this.#name,
        retryable: true,
        cause,
      },
    );
  }

  #httpError({ status, statusText }: Response, retryable: boolean): NetworkError {
    const hint =
      status === 401 || status === 403
        ? 'The file may need an account or the acceptance of a licence: download it yourself and pass the file.'
        : status === 404
          ? 'Check the name, the revision and the file.'
          : undefined;
    return new NetworkError(
      'NET_HTTP',
      `${this.#name}: the server answered ${status}${statusText ? ` ${statusText}` : ''}.`,
      {
        source: this.#name,
        expected: 200,
        actual: status,
        retryable,
        ...(hint === undefined ? {} : { hint }),
      },
    );
  }

  #wait(ms: number): Promise<void> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(abortError(signal!));
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(ms, MAX_WAIT_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** Milliseconds of a Retry-After header, in seconds or as a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^[0-9]+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return ms >= 0 ? ms : undefined;
}
