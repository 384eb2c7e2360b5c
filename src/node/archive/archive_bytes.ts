import type { FileHandle } from 'node:fs/promises';
import { DepthFileError } from '../../errors.js';

/** The largest file that is read out of a folder or an archive: a raw f32 map of 16,384 x 8,192 pixels. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Most files in an archive. */
export const MAX_FILES = 1_000_000;

/** Files by name, in a folder or an archive, which is read where it is. Names have `/` and no `./` before them. */
export interface FileTree {
  /** What messages call it. */
  readonly path: string;
  readonly names: ReadonlySet<string>;
  /** @throws DepthFileError EVAL_ARCHIVE, DEPTH_READ */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** @throws DepthFileError EVAL_ARCHIVE with both numbers, for a file that is larger than any map or picture */
export function checkSize(source: string, size: number): void {
  if (size <= MAX_FILE_BYTES) return;
  const what = `${source}: is ${size} bytes, and at most ${MAX_FILE_BYTES} are read`;
  throw new DepthFileError('EVAL_ARCHIVE', `${what}.`, {
    source,
    expected: MAX_FILE_BYTES,
    actual: size,
    phase: 'read',
  });
}

/** Exactly `length` bytes of a file. @throws DepthFileError EVAL_ARCHIVE where it ends before */
export async function readAt(
  path: string,
  file: FileHandle,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let have = 0; have < length;) {
    const { bytesRead } = await file.read(bytes, have, length - have, at + have);
    if (bytesRead === 0) throw damaged(path, `ends at byte ${at + have}, before byte ${at + length}`);
    have += bytesRead;
  }
  return bytes;
}

/** An archive that is not well formed. */
export function damaged(path: string, what: string, details: { expected?: unknown; actual?: unknown } = {}) {
  return new DepthFileError('EVAL_ARCHIVE', `${path}: ${what}.`, { ...details, source: path, phase: 'read' });
}
