import { Newest, type Waiting } from './newest.js';

/** A picture of a stream, and when it is shown, in microseconds. */
export interface Frame<T> {
  readonly picture: T;
  readonly timestamp: number | undefined;
}

/** Reads pictures one at a time: a sequence, or a stream of the browser, which Safari does not iterate. */
export interface Reader<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  /** Ends what is read. */
  return(): Promise<unknown>;
}

export function readerOf<T>(source: AsyncIterable<T> | Iterable<T> | ReadableStream<T>): Reader<T> {
  if ('getReader' in source) {
    const reader = source.getReader();
    return { next: async () => reader.read() as Promise<IteratorResult<T>>, return: () => reader.cancel() };
  }
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return { next: async () => iterator.next(), return: async () => iterator.return?.() };
}

/** Every picture, each read when it is asked for. */
export async function* every<T>(reader: Reader<T>, waiting: Waiting): AsyncGenerator<Frame<T>, void, undefined> {
  let pending: Promise<IteratorResult<T, unknown>> | undefined;
  let over = false;
  try {
    for (;;) {
      const next = await waiting((pending = reader.next()));
      pending = undefined;
      if (next.done) break;
      yield frameOf(next.value);
    }
    over = true;
  } finally {
    // What comes when it was given up on is nobody's; a sequence that still waits is not waited for.
    const late = pending?.then(({ value, done }) => done || closePicture(value));
    late?.catch(() => undefined);
    const end = over ? undefined : reader.return();
    if (late) end?.catch(() => undefined);
    else await end;
  }
}

/**
 * The newest picture each time one is asked for: the source is read on meanwhile, and what a newer one replaces is
 * closed.
 */
export async function* newest<T>(reader: Reader<T>, waiting: Waiting): AsyncGenerator<Frame<T>, void, undefined> {
  const held = new Newest<Frame<T>>(({ picture }) => closePicture(picture));
  const readOn = async (): Promise<void> => {
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      held.put(frameOf(next.value));
      if (held.over) return;
      // A sequence that never waits leaves other tasks their turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  readOn().then(
    () => held.end(),
    (fault: unknown) => held.end({ fault }),
  );
  try {
    yield* held.all(waiting);
  } finally {
    reader.return().catch(() => undefined);
  }
}

/** Bitmaps and video frames hold memory of the GPU, or of a camera that has few. */
export function closePicture(picture: unknown): void {
  (picture as { close?: () => void } | undefined)?.close?.();
}

/** With the time that a VideoFrame has, and pixels in memory may have. */
function frameOf<T>(picture: T): Frame<T> {
  const timestamp = (picture as Partial<VideoFrame> | undefined)?.timestamp;
  return { picture, timestamp: typeof timestamp === 'number' ? timestamp : undefined };
}
