import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { UsageError } from '../errors.js';
import { hubHint } from '../models/hub_names.js';
import type { ByteSource } from '../weights/fetch/byte_source.js';

/** Bytes read from a file at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * A file as a source of weights.
 * @throws UsageError `SOURCE_FILE` when there is no such file, or it is a folder
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const refuse = (what: string, cause?: unknown, hint?: string): UsageError =>
    new UsageError('SOURCE_FILE', `${path}: ${what}.`, {
      source: path,
      phase: 'load',
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  const found = await stat(path).catch((cause: unknown) => {
    const gone = (cause as { code?: unknown }).code === 'ENOENT';
    throw gone ? refuse('there is no such file', cause, hubHint(path)) : refuse(unreadable(cause), cause);
  });
  if (!found.isFile()) throw refuse('this is not a file');
  return {
    name: path,
    size: found.size,
    open: async () => {
      const file = await open(path).catch((cause: unknown) => {
        throw refuse(unreadable(cause), cause);
      });
      return Readable.toWeb(file.createReadStream({ highWaterMark: CHUNK_BYTES })) as ReadableStream<Uint8Array>;
    },
  };
}

function unreadable(cause: unknown): string {
  return `the file cannot be read (${(cause as Error).message})`;
}
