import { TimeoutError, type Phase } from '../errors.js';

/**
 * Seconds after which a GPU or its driver is taken to hang: past the slowest compilers, and the watchdogs of systems.
 */
const LIMITS = { TIMEOUT_REQUEST: 60, TIMEOUT_COMPILE: 120, TIMEOUT_RUN: 60 } as const;

const HINTS = {
  TIMEOUT_REQUEST: 'The browser or the driver may hang: start it again.',
  TIMEOUT_COMPILE: 'Use another GPU, or a newer driver.',
  TIMEOUT_RUN: 'Use a smaller input size, or another GPU.',
} as const;

/**
 * What starts each limit under way anew. Work that gets done does so to the rest of its kind, which may have waited for
 * it in a queue.
 */
const WAITING = {
  TIMEOUT_REQUEST: new Set<() => void>(),
  TIMEOUT_COMPILE: new Set<() => void>(),
  TIMEOUT_RUN: new Set<() => void>(),
} as const;

/** Devices that run on a CPU, where a submit may take any time. */
const cpus = new WeakSet<GPUDevice>();

/** Waits without a limit for what is submitted to a device from now on. */
export function noteCpu(device: GPUDevice): void {
  cpus.add(device);
}

/** `withinTime` for what waits for a device. @throws TimeoutError `TIMEOUT_COMPILE`, `TIMEOUT_RUN`; on a CPU never */
export function submitWithinTime<T>(device: GPUDevice, work: Promise<T>, what: string, phase: Phase): Promise<T> {
  const code = phase === 'compile' ? 'TIMEOUT_COMPILE' : 'TIMEOUT_RUN';
  return cpus.has(device) ? work : withinTime(work, code, what, phase);
}

/**
 * Settles as `work` does, or rejects when neither it nor other work of its kind gets done for too long. Seconds are
 * counted one by one, so that those asleep do not count, nor those of a hidden page, whose requests browsers hold back.
 * @throws TimeoutError `TIMEOUT_REQUEST`, `TIMEOUT_COMPILE`, `TIMEOUT_RUN`
 */
export function withinTime<T>(work: Promise<T>, code: keyof typeof LIMITS, what: string, phase: Phase): Promise<T> {
  const seconds = LIMITS[code];
  const waiting = WAITING[code];
  return new Promise((resolve, reject) => {
    let left: number = seconds;
    const restart = (): void => void (left = seconds);
    const stop = (): void => {
      clearInterval(clock);
      waiting.delete(restart);
    };
    const clock = setInterval(() => {
      if (globalThis.document?.hidden) return;
      left--;
      if (left > 0) return;
      stop();
      reject(
        new TimeoutError(code, `The GPU has not been done with ${what} for ${seconds} seconds.`, {
          phase,
          limit: 'seconds',
          expected: seconds,
          hint: HINTS[code],
        }),
      );
    }, 1000);
    waiting.add(restart);
    work.then(resolve, reject).finally(() => {
      stop();
      for (const other of waiting) other();
    });
  });
}
