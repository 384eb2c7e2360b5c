import type { ErrorCode } from '../../error_codes.js';
import { DepthwiseError, NetworkError, type ErrorDetails, type Phase } from '../../errors.js';
import { abortError } from '../../arguments/abort.js';
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
  /** What the file is for; `load` unless given. */
  readonly phase?: Phase | undefined;
  /** Sent with requests; none unless given. */
  readonly credentials?: RequestCredentials | undefined;
  /** Use of the browser's own cache; `no-store` unless given. */
  readonly cacheMode?: RequestCache | undefined;
}

const STALL_MS = 30_000;
const RETRY_MS = 500;
const MAX_RETRIES = 2;
/** Longest wait a server's Retry-After is granted, in milliseconds. */
const MAX_WAIT_MS = 10_000;

/** GitHub sends no CORS header with the files of a release. */
const GITHUB = 'No page can fetch files from github.com: download it there, and pass the file as weights, or drop it.';

/** Statuses that may be another one soon. */
const passes = (status: number): boolean => status === 429 || status >= 500;

/**
 * Requests for one file, the only road to a network: without credentials and past a browser's own cache unless told
 * otherwise, all stopped by one signal, each wait limited.
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
    if (signal?.aborted) this.#controller.abort();
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

  /**
   * The whole file; asks again after 429 and 5xx.
   * @param headers that make the request conditional: a 304 is then an answer too
   */
  async getWhole(headers: Record<string, string> = {}): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.get(headers);
      if (response.status === 200 || (response.status === 304 && Object.keys(headers).length > 0)) return response;
      await response.body?.cancel();
      const passing = passes(response.status);
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
          credentials: this.#options.credentials ?? 'omit',
          redirect: 'follow',
          cache: this.#options.cacheMode ?? 'no-store',
        }),
      );
    } catch (error) {
      if (this.#signal?.aborted) throw abortError(this.#signal);
      throw error instanceof DepthwiseError ? error : this.#unreachable(error);
    }
    if (response.type === 'opaque' || response.type === 'opaqueredirect') {
      throw this.fault(
        'NET_OPAQUE',
        'the response is opaque, so its bytes cannot be read. A service worker may have answered without CORS.',
        { actual: response.type },
      );
    }
    if (this.#url.startsWith('https:') && response.url.startsWith('http:')) {
      await response.body?.cancel();
      throw this.fault(
        'NET_REDIRECT',
        `redirected from https to ${displayUrl(response.url)}, which is not encrypted.`,
        { expected: 'https', actual: displayUrl(response.url) },
      );
    }
    return response;
  }

  /** The bytes of an answer. */
  bodyOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
    return (response.body ?? new Response(new Uint8Array(0)).body!).getReader();
  }

  /** Waits for `work`, but not longer than a stalled connection deserves. `received` is for the message. */
  async orStall<T>(work: Promise<T>, received = 0): Promise<T> {
    const limit = this.#options.stallMs ?? STALL_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const details = { limit: 'stallMs', expected: limit, actual: received, retryable: true };
        reject(this.fault('NET_STALL', `no bytes for ${limit / 1000} s, after ${received}.`, details));
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
    if (/redirect/i.test(inner)) return this.fault('NET_REDIRECT', 'too many redirects.', { cause });
    return this.fault(
      'NET_UNREACHABLE',
      `no answer${inner ? ` (${inner})` : ''}. The network may be down, or in a page, the server may ` +
        `not allow cross-origin requests (CORS).`,
      { retryable: true, cause, ...(/^https:\/\/github\.com\//.test(this.#url) && { hint: GITHUB }) },
    );
  }

  #httpError({ status, statusText }: Response, retryable: boolean): NetworkError {
    const hint =
      status === 401 || status === 403
        ? 'The file may need an account or the acceptance of a licence: download it yourself and pass the file.'
        : status === 404 && 'Check the name, the revision and the file.';
    return this.fault('NET_HTTP', `the server answered ${status}${statusText ? ` ${statusText}` : ''}.`, {
      expected: 200,
      actual: status,
      retryable,
      ...(hint && { hint }),
    });
  }

  /** An error of this file. */
  fault(code: ErrorCode, what: string, details: ErrorDetails): NetworkError {
    const { phase = 'load' } = this.#options;
    return new NetworkError(code, `${this.#name}: ${what}`, { source: this.#name, phase, ...details });
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
