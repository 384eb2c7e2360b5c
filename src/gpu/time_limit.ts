import { TimeoutError, type Phase } from '../errors.js';

/** Seconds after which a GPU or its driver is taken to hang: past the slowest compilers, and the watchdogs of systems. */
const LIMITS = { TIMEOUT_COMPILE: 120, TIMEOUT_RUN: 60 } as const;

/**
 * Settles as `work` does, or rejects when it takes too long. Seconds are counted one by one, so that those asleep do not count.
 * @throws TimeoutError `TIMEOUT_COMPILE`, `TIMEOUT_RUN`
 */
export function withinTime<T>(work: Promise<T>, code: keyof typeof LIMITS, what: string, phase: Phase): Promise<T> {
  const seconds = LIMITS[code];
  return new Promise((resolve, reject) => {
    let left: number = seconds;
    const clock = setInterval(() => {
      left--;
      if (left > 0) return;
      clearInterval(clock);
      reject(new TimeoutError(code, `The GPU has not been done with ${what} for ${seconds} seconds.`, { phase, limit: 'seconds', expected: seconds, hint: 'Use a smaller input size, or another GPU.' }));
    }, 1000);
    work.then(resolve, reject).finally(() => clearInterval(clock));
  });
}
