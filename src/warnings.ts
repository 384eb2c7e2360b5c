import type { ErrorCode } from './error_codes.js';
import { DepthwiseError } from './errors.js';

/** A fault that does not stop what is going on. */
export interface Warning {
  readonly code: ErrorCode;
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
