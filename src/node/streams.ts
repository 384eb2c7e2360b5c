import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { ImageError } from '../errors.js';
import { onDisk } from './disk_names.js';
import { HEAD_BYTES } from './picture_format.js';
import { isClip } from './video/clip_format.js';
import type { PipedClip, PipedClips } from './video/piped_clips.js';

/** The name that stands for standard input among inputs, and for standard output as the output. */
export const STANDARD = '-';
const STANDARD_INPUTS = [STANDARD, '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];
/** Most bytes of a picture that are read from a pipe: a gigabyte. */
const MAX_BYTES = 2 ** 30;
/** How long a pipe may have no other end, and between two looks, in milliseconds. */
const ALONE_MS = 2000;
const LOOK_MS = 20;

export function isStandardInput(path: string): boolean {
  return STANDARD_INPUTS.includes(path);
}

/** How a file is read. */
export interface ReadWholeOptions {
  /** Ends the reading too, not the wait for it alone. */
  readonly signal?: AbortSignal | undefined;
  /** Sees the first bytes, of a file before the rest is read, and throws what refuses it. */
  readonly checkHead?: (head: Uint8Array) => void;
}

/**
 * The bytes of a file, or of a pipe or device within the bounds of `readStream`.
 * @throws Error with the reason alone, or what `checkHead` throws
 */
export async function readWhole(path: string, { signal, checkHead }: ReadWholeOptions = {}): Promise<Uint8Array> {
  const found = await stat(onDisk(path));
  if (!found.isFile() && !found.isDirectory()) {
    const bytes = await collect(chunksOf(path, signal ?? new AbortController().signal));
    checkHead?.(bytes.subarray(0, HEAD_BYTES));
    return bytes;
  }
  const file = await open(onDisk(path));
  try {
    if (checkHead) {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      checkHead(buffer.subarray(0, bytesRead));
    }
    return await file.readFile({ signal });
  } finally {
    await file.close();
  }
}

/**
 * All that comes out of standard input or a pipe.
 * @param pipes takes what begins as a video does, of any length
 * @throws ImageError IMAGE_READ for a terminal, for a pipe that nobody writes to, for more than a gigabyte
 */
export async function readStream(
  path: string,
  signal: AbortSignal,
  pipes?: PipedClips,
): Promise<Uint8Array | PipedClip> {
  try {
    const chunks = chunksOf(path, signal);
    const begun = pipes ? await beginning(chunks) : [];
    if (pipes && isClip(Buffer.concat(begun))) return await pipes.keep(begun, chunks);
    return await collect(chunks, begun);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError('IMAGE_READ', `${path}: cannot be read (${reason}).`, { source: path, cause });
  }
}

function chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  return isStandardInput(path) ? standardInput(signal) : pipe(path, signal);
}

/** As much as tells what comes. */
async function beginning(chunks: AsyncGenerator<Uint8Array>): Promise<Uint8Array[]> {
  const begun: Uint8Array[] = [];
  for (let length = 0; length < HEAD_BYTES;) {
    const { value, done } = await chunks.next();
    if (done) break;
    begun.push(value);
    length += value.length;
  }
  return begun;
}

/** @param begun what was taken before */
async function collect(coming: AsyncGenerator<Uint8Array>, begun: readonly Uint8Array[] = []): Promise<Uint8Array> {
  const chunks = [...begun];
  let length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for await (const chunk of coming) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes came`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* standardInput(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (process.stdin.isTTY) throw new Error('standard input is a terminal');
  const stop = () => process.stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of process.stdin) yield chunk as Uint8Array;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Opened without waiting for a writer, so that neither the wait nor an interrupt hangs. */
async function* pipe(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const opened = performance.now();
  try {
    for (let begun = false; ;) {
      signal.throwIfAborted();
      const bytes = await readNow(file, new Uint8Array(65536));
      if (bytes === undefined) {
        await pause(LOOK_MS);
      } else if (bytes.length > 0) {
        begun = true;
        yield bytes;
      } else if (begun) {
        return;
      } else if (performance.now() - opened > ALONE_MS) {
        throw new Error(`nobody wrote into it for ${ALONE_MS / 1000} s`);
      } else {
        await pause(LOOK_MS);
      }
    }
  } finally {
    await file.close();
  }
}

/**
 * Writes into a pipe that somebody reads: opened without a reader, it waits with no end, and no signal ends that.
 * @throws Error with the reason alone
 */
export async function withReader(path: string | Buffer, write: () => Promise<void>): Promise<void> {
  const opened = performance.now();
  for (;;) {
    const held = await open(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    });
    if (held) return write().finally(() => held.close());
    if (performance.now() - opened > ALONE_MS) throw new Error(`nobody read from it for ${ALONE_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

/** What is there to read, nothing at the end or without a writer; undefined where a writer has nothing yet. */
async function readNow(file: Awaited<ReturnType<typeof open>>, into: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const { bytesRead } = await file.read(into, 0, into.length, null);
    return into.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
