import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import {
  CENTRAL,
  DEFLATED,
  END,
  END_64,
  IN_EXTRA,
  LOCAL,
  LOCATOR_64,
  MASKED,
  readExtra64,
  STORED,
} from '../../weights/format/zip_records.js';
import { checkSize, damaged, MAX_FILES, readAt, type FileTree } from './archive_bytes.js';

/** Sizes of the records at the end. APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16. */
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
/** Largest directory: a million entries with names of 200 bytes. */
const MAX_DIRECTORY_BYTES = 256 * 1024 * 1024;

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

interface Directory {
  readonly at: number;
  readonly length: number;
  readonly count: number;
}

/**
 * A zip archive, whose directory is read once; files are then unpacked in memory, no further than the size that the
 * directory states for them.
 * @throws DepthFileError EVAL_ARCHIVE
 */
export async function openZip(path: string, file: FileHandle, length: number): Promise<FileTree> {
  const entries = await readDirectory(path, file, await findDirectory(path, file, length));
  const read = async (name: string) => {
    const entry = entries.get(name);
    if (!entry) throw damaged(path, `holds no ${name}`);
    return readEntry(path, file, entry, length);
  };
  return { path, names: new Set(entries.keys()), read, close: () => file.close() };
}

async function findDirectory(path: string, file: FileHandle, length: number): Promise<Directory> {
  const most = Math.min(length, END_BYTES + MAX_COMMENT);
  const tail = view(await readAt(path, file, length - most, most));
  let at = most - END_BYTES;
  // The comment behind the record may hold the signature by chance: its length then does not lead to the end.
  while (at >= 0 && !(tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === most))
    at--;
  if (at < 0) throw damaged(path, 'is no zip archive, or is cut short: it has no end record');
  const directory = {
    count: tail.getUint16(at + 10, true),
    length: tail.getUint32(at + 12, true),
    at: tail.getUint32(at + 16, true),
  };
  const before = at - LOCATOR_BYTES;
  const large = before >= 0 && tail.getUint32(before, true) === LOCATOR_64;
  const found = large ? await largeEnd(path, file, Number(tail.getBigUint64(before + 8, true)), length) : directory;
  if (found.at + found.length > length || found.length > MAX_DIRECTORY_BYTES || found.count > MAX_FILES)
    throw damaged(path, `states a directory of ${found.count} entries and ${found.length} bytes at byte ${found.at}`, {
      expected: { length, bytes: MAX_DIRECTORY_BYTES, entries: MAX_FILES },
      actual: found,
    });
  return found;
}

async function largeEnd(path: string, file: FileHandle, at: number, length: number): Promise<Directory> {
  if (!(at >= 0 && at + END_64_BYTES <= length)) throw damaged(path, `places its end record at byte ${at}`);
  const end = view(await readAt(path, file, at, END_64_BYTES));
  if (end.getUint32(0, true) !== END_64) throw damaged(path, `has no end record at byte ${at}`);
  const field = (offset: number) => Number(end.getBigUint64(offset, true));
  return { count: field(32), length: field(40), at: field(48) };
}

async function readDirectory(path: string, file: FileHandle, directory: Directory): Promise<Map<string, Entry>> {
  const bytes = await readAt(path, file, directory.at, directory.length);
  const data = view(bytes);
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    if (at + 46 > bytes.length || data.getUint32(at, true) !== CENTRAL)
      throw damaged(path, `states ${directory.count} entries, and has ${i}`, { expected: directory.count, actual: i });
    const [names, extras, comments] = [28, 30, 32].map((offset) => data.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const extra = bytes.subarray(at + 46 + names, at + 46 + names + extras);
    const fields = [24, 20, 42].map((offset) => data.getUint32(at + offset, true));
    const [size, packed, place] = readExtra64(extra, ...fields) as [number, number, number];
    if ([size, packed, place].includes(IN_EXTRA)) throw damaged(path, `lacks the sizes of entry ${i}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + names));
    const [flags, method] = [data.getUint16(at + 8, true), data.getUint16(at + 10, true)];
    if (!name.endsWith('/'))
      entries.set(name, { name, flags, method, crc: data.getUint32(at + 16, true), packed, size, at: place });
    at += 46 + names + extras + comments;
  }
  // A signature may follow the entries; another entry may not.
  if (at + 4 <= bytes.length && data.getUint32(at, true) === CENTRAL)
    throw damaged(path, `states ${directory.count} entries in ${bytes.length} bytes, and they end at byte ${at}`, {
      expected: bytes.length,
      actual: at,
    });
  return entries;
}

async function readEntry(
  path: string,
  file: FileHandle,
  { name, flags, method, crc, packed, size, at }: Entry,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = `${path}: ${name}`;
  checkSize(source, size);
  checkSize(source, packed);
  if (at + 30 > length) throw damaged(source, `begins at byte ${at}, and the archive has ${length}`);
  const head = view(await readAt(path, file, at, 30));
  if (head.getUint32(0, true) !== LOCAL) throw damaged(source, `is not at byte ${at}`);
  if (flags & MASKED) throw damaged(source, 'is encrypted, which is not read');
  if (method !== STORED && method !== DEFLATED)
    throw damaged(source, `is packed by method ${method}; 0 and 8 are read`);
  const start = at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = await readAt(path, file, start, packed);
  const bytes = method === STORED ? content : await unpack(source, content, size);
  if (bytes.length !== size)
    throw damaged(source, `is ${bytes.length} bytes, and the directory states ${size}`, {
      expected: size,
      actual: bytes.length,
    });
  if (crc32(bytes) !== crc) throw damaged(source, 'does not have the checksum that the directory states');
  return bytes;
}

async function unpack(source: string, packed: Uint8Array, size: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // One byte more than stated, so that an entry that goes on is told from one that ends there.
    return new Uint8Array(await promisify(inflateRaw)(packed, { maxOutputLength: size + 1 }));
  } catch (cause) {
    throw damaged(source, `cannot be unpacked to the ${size} bytes that the directory states (${String(cause)})`);
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
