import type { FileHandle } from 'node:fs/promises';
import { damaged, checkSize, MAX_FILES, readAt, type FileTree } from './archive_bytes.js';

const BLOCK = 512;
/** What is read at once behind the end. */
const CHUNK = 2 ** 20;
/** Longest name that a header before a file may give it. */
const MAX_NAME_BYTES = 64 * 1024;
/** Types of entries: files, and headers that say more of the entry that follows. POSIX.1-2001 `pax`, and GNU tar. */
const FILE = ['0', '\0', '7'];
const PAX = 'x';
const GNU_NAME = 'L';

interface Place {
  readonly at: number;
  readonly size: number;
}

/**
 * A tar archive, whose headers are read once; files are then read where they lie.
 * @throws DepthFileError EVAL_ARCHIVE
 */
export async function openTar(path: string, file: FileHandle, length: number): Promise<FileTree> {
  const places = new Map<string, Place>();
  let longName: string | undefined;
  let longSize: number | undefined;
  for (let at = 0, entries = 0; ; entries++) {
    // An archive ends in blocks of zeros: one without them was cut short.
    if (at + BLOCK > length)
      throw damaged(path, `ends at byte ${length}, without the empty block that ends an archive`, {
        expected: at + BLOCK,
        actual: length,
      });
    const header = await readAt(path, file, at, BLOCK);
    if (header.every((byte) => byte === 0)) {
      await checkEnd(path, file, at + BLOCK, length);
      break;
    }
    if (entries >= MAX_FILES)
      throw damaged(path, `has more than ${MAX_FILES} entries`, { expected: MAX_FILES, actual: entries + 1 });
    checkSum(path, header, at);
    const type = String.fromCharCode(header[156] as number);
    const size = longSize ?? sizeOf(path, header);
    const start = at + BLOCK;
    if (start + size > length)
      throw damaged(path, `ends at byte ${length}, inside an entry that goes to byte ${start + size}`, {
        expected: start + size,
        actual: length,
      });
    if (type === PAX || type === GNU_NAME) {
      if (size > MAX_NAME_BYTES)
        throw damaged(path, `has a name of ${size} bytes; at most ${MAX_NAME_BYTES} are read`, {
          expected: MAX_NAME_BYTES,
          actual: size,
        });
      const content = await readAt(path, file, start, size);
      if (type === GNU_NAME) longName = textOf(content);
      else ({ path: longName = longName, size: longSize } = paxRecords(content));
    } else {
      if (FILE.includes(type)) places.set(plainName(longName ?? nameOf(header)), { at: start, size });
      longName = longSize = undefined;
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  const read = async (name: string) => {
    const place = places.get(name);
    if (!place) throw damaged(path, `holds no ${name}`);
    checkSize(`${path}: ${name}`, place.size);
    return readAt(path, file, place.at, place.size);
  };
  return { path, names: new Set(places.keys()), read, close: () => file.close() };
}

/** Behind the end of an archive is nothing but zeros: what goes on after them has a hole. */
async function checkEnd(path: string, file: FileHandle, end: number, length: number): Promise<void> {
  for (let at = end; at < length; at += CHUNK) {
    const bytes = await readAt(path, file, at, Math.min(CHUNK, length - at));
    const goesOn = bytes.findIndex((byte) => byte !== 0);
    if (goesOn >= 0)
      throw damaged(path, `has its end at byte ${end}, and goes on at byte ${at + goesOn}`, {
        expected: length,
        actual: end,
      });
  }
}

/** The sum of a header's bytes, its own eight taken for blanks. */
function checkSum(path: string, header: Uint8Array, at: number): void {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  const stated = Number.parseInt(textOf(header.subarray(148, 156)), 8);
  if (sum !== stated)
    throw damaged(path, `is no tar archive: the header at byte ${at} sums up to ${sum}, and says ${stated}`, {
      expected: stated,
      actual: sum,
    });
}

/** Octal digits, or 256-ary ones after a byte of 128 where it is too large for those. */
function sizeOf(path: string, header: Uint8Array): number {
  const field = header.subarray(124, 136);
  const size =
    (field[0] as number) & 0x80
      ? field.subarray(1).reduce((total, byte) => total * 256 + byte, 0)
      : Number.parseInt(textOf(field).trim() || '0', 8);
  if (!Number.isSafeInteger(size) || size < 0) throw damaged(path, `has an entry of ${size} bytes`, { actual: size });
  return size;
}

function nameOf(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  const ustar = textOf(header.subarray(257, 262)) === 'ustar';
  const prefix = ustar ? textOf(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecords(content: Uint8Array): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < content.length;) {
    const text = new TextDecoder().decode(content.subarray(at, at + 20));
    const length = Number.parseInt(text, 10);
    if (!(length > 0)) break;
    const record = new TextDecoder().decode(content.subarray(at, at + length - 1));
    const [, key, value = ''] = /^\d+ ([^=]+)=(.*)$/s.exec(record) ?? [];
    if (key === 'path') found.path = value;
    if (key === 'size' && /^\d+$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

function plainName(name: string): string {
  return name.replace(/^(?:\.\/)+/, '');
}

/** Up to the first zero byte. */
function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
