import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DepthwiseError, UsageError } from '../errors.js';
import { hubHint } from '../models/hub_names.js';
import { onDisk } from './disk_names.js';
import type { ByteSource } from '../weights/fetch/byte_source.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';

/** Bytes read from a file at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A file as a source of weights.
 * @example
 * ```ts
 * import { fileSource, loadDepthModel } from 'depthwise/node';
 *
 * const model = await loadDepthModel(await fileSource('model.safetensors'));
 * ```
 * @throws UsageError `SOURCE_FILE` when there is no such file, or it is a folder, a pipe or a device
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await refusing(path, async () => regular(path, await stat(path)));
  return {
    name: path,
    size,
    open: async () => {
      const file = await openRegular(path);
      return Readable.toWeb(file.createReadStream({ highWaterMark: CHUNK_BYTES })) as ReadableStream<Uint8Array>;
    },
    sibling: (name) => fileSource(join(dirname(path), name)),
  };
}

/** The path of a source that is a file here, also as a file: URL; undefined for others. A drive letter is no scheme. */
export function localPath(source: CheckpointSource): string | undefined {
  if (source instanceof URL) return source.protocol === 'file:' ? fileURLToPath(source) : undefined;
  if (typeof source !== 'string') return undefined;
  if (source.startsWith('file:')) return fileURLToPath(source);
  return /^(?:hf:|[a-z][a-z0-9+.-]+:\/\/|data:|blob:)/i.test(source) ? undefined : source;
}

/**
 * The text of a small file.
 * @throws UsageError `SOURCE_FILE` also when it is longer than `maxBytes`
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<string> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw refusal(path, `it has ${size} bytes, and may have ${maxBytes}`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Opens a file and nothing else; never waits for the other end of a pipe. @throws UsageError `SOURCE_FILE` */
async function openRegular(path: string): Promise<FileHandle> {
  return refusing(path, async () => {
    // Windows has no such flag, and no pipes among files.
    const file = await open(onDisk(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      regular(path, await file.stat());
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  });
}

function regular(path: string, found: Stats): Stats {
  if (found.isFile()) return found;
  const kind = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a pipe' : 'a device or a socket';
  throw refusal(path, `this is ${kind}, not a file`);
}

async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DepthwiseError) throw cause;
    const gone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const what = gone ? 'there is no such file' : `the file cannot be read (${(cause as Error).message})`;
    throw refusal(path, what, cause, gone ? hubHint(path) : undefined);
  }
}

function refusal(path: string, what: string, cause?: unknown, hint?: string): UsageError {
  return new UsageError('SOURCE_FILE', `${path}: ${what}.`, {
    source: path,
    phase: 'load',
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
