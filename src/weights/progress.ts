import { DepthwiseError } from '../errors.js';

/** How much of a checkpoint has arrived. */
export interface DownloadProgress {
  /** `download` over a network, `read` from a file, memory or the cache. */
  readonly phase: 'download' | 'read';
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes of the whole file, known at the latest when its header has been read. */
  readonly total: number | undefined;
}

/** A fault that does not stop what is going on. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** An error that is only worth a warning. */
export function warningOf(error: unknown): Warning {
  const code = error instanceof DepthwiseError ? error.code : 'CACHE_READ';
  return { code, message: error instanceof Error ? error.message : String(error), cause: error };
}

/**
 * Keeps a caller's callback from breaking what calls it: its first exception is reported as an uncaught one,
 * in a task of its own, and it is not called again.
 */
export function isolate<T>(callback: ((value: T) => void) | undefined): (value: T) => void {
  let broken = callback === undefined;
  return (value) => {
    if (broken) return;
    try {
      callback!(value);
    } catch (error) {
      broken = true;
      setTimeout(() => {
        throw error;
      });
    }
  };
}
