/** One task at a time. A new one cancels the one before it and starts when that has ended. */
export class Turn {
  #controller: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Settles when the task has; tasks deal with their own errors. */
  start(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.cancel();
    const { signal } = (this.#controller = new AbortController());
    return (this.#last = this.#last.then(() => (signal.aborted ? undefined : task(signal))));
  }

  cancel(): void {
    this.#controller?.abort();
  }
}

/** What a promise gives, or the signal's reason where that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
