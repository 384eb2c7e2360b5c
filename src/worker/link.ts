import { abortError, untilAborted } from '../arguments/abort.js';
import { disposed, NetworkError } from '../errors.js';
import { Latch } from '../gpu/latch.js';
import type { HostCalls } from './host_calls.js';
import type { ToPage, ToWorker } from './messages.js';
import { unpackError } from './unpack_error.js';

/** What a call may be given up by, and whom it tells of what happens meanwhile. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: 'progress' | 'warning', value: unknown) => void;
  /** What of the argument moves to the worker, and is not copied. */
  readonly transfer?: Transferable[];
}

interface Pending extends Pick<CallOptions, 'onEvent'> {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: unknown) => void;
}

/** Of all links: a worker of the caller's may have several. */
let last = 0;

/** A number that nothing else of this page has. */
export function newNumber(): number {
  return ++last;
}

/** The page's end of the line to a worker. */
export class Link {
  readonly #worker: Worker;
  /** Whether the worker ends with the link. */
  readonly #owned: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #listener = ({ data }: MessageEvent<ToPage>) => this.#hear(data);
  /** An error of a worker of the caller's that has said nothing is that of its script. */
  readonly #mute = (event: ErrorEvent) => this.#rejectAll(() => notStarted(whyOf(event), event));
  /** Calls that were given up, whose answers are given back. */
  readonly #givenUp = new Set<number>();
  readonly #end = new Latch();

  private constructor(worker: Worker, owned: boolean) {
    this.#worker = worker;
    this.#owned = owned;
    worker.addEventListener('message', this.#listener);
    if (!owned) worker.addEventListener('error', this.#mute);
  }

  /**
   * Starts the worker, or takes the caller's.
   * @throws NetworkError `NET_PART` where its script cannot be fetched or may not run, or an `AbortError`
   */
  static async open(given: Worker | undefined, signal: AbortSignal | undefined): Promise<Link> {
    const worker = given ?? startWorker();
    const link = new Link(worker, !given);
    if (given) return link;
    try {
      await untilAborted(listens(worker), signal);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  /** Asks the worker. What `argument` holds is copied before this returns. @throws what the call throws there */
  call<Name extends keyof HostCalls>(
    name: Name,
    argument: Parameters<HostCalls[Name]>[0],
    { signal, onEvent, transfer = [] }: CallOptions = {},
  ): Promise<Awaited<ReturnType<HostCalls[Name]>>> {
    if (this.#end.over) return Promise.reject(disposed('This model', 'run'));
    if (signal?.aborted) return Promise.reject(abortError(signal));
    const id = newNumber();
    return new Promise<Awaited<ReturnType<HostCalls[Name]>>>((resolve, reject) => {
      this.#send({ id, name, argument }, transfer);
      const stop = () => {
        this.#pending.delete(id);
        this.#givenUp.add(id);
        this.#send({ abort: id });
        reject(abortError(signal!));
      };
      signal?.addEventListener('abort', stop, { once: true });
      const settled = (settle: (value: never) => void) => (value: unknown) => {
        signal?.removeEventListener('abort', stop);
        settle(value as never);
      };
      this.#pending.set(id, {
        resolve: settled(resolve as (value: never) => void),
        reject: settled(reject),
        ...(onEvent && { onEvent }),
      });
    });
  }

  /** Settles as `work` does, but rejects at once when the signal says so or the link is closed. */
  until<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return untilAborted(
      this.#end.until(work, () => disposed('This model', 'run')),
      signal,
    );
  }

  /** Ends what is under way with a DisposedError, and the worker if it is the link's own. */
  close(): void {
    this.#end.end();
    this.#worker.removeEventListener('message', this.#listener);
    this.#worker.removeEventListener('error', this.#mute);
    if (this.#owned) this.#worker.terminate();
    this.#rejectAll(() => disposed('This model', 'run'));
  }

  #rejectAll(fault: () => Error): void {
    for (const { reject } of this.#pending.values()) reject(fault());
    this.#pending.clear();
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void {
    if (!this.#end.over) this.#worker.postMessage(message, transfer);
  }

  #hear(message: ToPage): void {
    this.#worker.removeEventListener('error', this.#mute);
    if ('ready' in message) return;
    const pending = this.#pending.get(message.id);
    if ('event' in message) return pending?.onEvent?.(message.event, message.value);
    this.#pending.delete(message.id);
    const givenUp = this.#givenUp.delete(message.id);
    if ('fault' in message) pending?.reject(unpackError(message.fault));
    else if (pending) pending.resolve(message.value as never);
    else if (givenUp) this.#giveBack(message.value);
  }

  /** A model or map that came when its call had been given up. */
  #giveBack(value: unknown): void {
    const { map, model } = (value ?? {}) as { map?: number; model?: number | string };
    const given =
      map !== undefined
        ? this.call('disposeMap', { map })
        : typeof model === 'number' && this.call('disposeModel', { model });
    if (given) given.catch(() => undefined);
  }
}

/** The string becomes `new URL('./worker_host.js', import.meta.url)` when the library is built. */
function startWorker(): Worker {
  try {
    return new Worker('depthwise:worker_host', { type: 'module', name: 'depthwise' });
  } catch (cause) {
    throw notStarted((cause as Error).message, cause);
  }
}

/** Waits for the first word of a worker. */
function listens(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    worker.addEventListener('error', (event) => reject(notStarted(whyOf(event), event)), { once: true });
  });
}

function whyOf({ message }: ErrorEvent): string {
  return message || 'its script did not load';
}

function notStarted(why: string, cause: unknown): NetworkError {
  return new NetworkError('NET_PART', `The worker could not be started: ${why.replace(/\.$/, '')}.`, {
    hint: "Serve worker_host.js from the page's own origin, which its policy allows as worker-src, or pass a worker.",
    cause,
  });
}
