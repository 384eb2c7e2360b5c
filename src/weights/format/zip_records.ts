import type { ErrorCode } from '../../error_codes.js';
import { quote, WeightsFormatError, type ErrorDetails } from '../../errors.js';

/** Signatures of the records of a zip archive. APPNOTE.TXT 6.3.10, section 4.3. */
export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
export const DESCRIPTOR = 0x08074b50;
export const END = 0x06054b50;
export const END_64 = 0x06064b50;
export const LOCATOR_64 = 0x07064b50;

/** Ways to pack that are read. */
export const STORED = 0;
export const DEFLATED = 8;
/** Flags of encrypted entries, patches and hidden headers. */
export const MASKED = 0x1 | 0x20 | 0x40 | 0x2000;

/** What a header field holds when the value is in the extra field instead. */
export const IN_EXTRA = 0xffffffff;

/**
 * What a local header says of an entry; sizes and CRC are undefined where they follow the data, as PyTorch writes them.
 */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  /** Where the header is in the file. */
  readonly at: number;
  /** Whether a record with sizes and CRC is announced behind the data. */
  readonly record: boolean;
  /** Bytes in the file, and unpacked. */
  readonly packed: number | undefined;
  readonly size: number | undefined;
  readonly crc: number | undefined;
}

/** An entry that was read whole. */
export interface ZipRecord extends ZipEntry {
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
}

/** Where the directory begins, and how its bytes are taken. */
export interface DirectoryBytes {
  readonly at: number;
  take(length: number): Promise<Uint8Array>;
}

/**
 * Reads the directory and the end of an archive, and holds every entry that was read against it.
 * @param signature of the record at hand, which has been taken
 * @throws WeightsFormatError `PT_ZIP`, `PT_ZIP_MISMATCH` naming the entry
 */
export async function checkDirectory(
  records: readonly ZipRecord[],
  bytes: DirectoryBytes,
  signature: number,
  source: string,
): Promise<void> {
  const byOffset = new Map(records.map((record) => [record.at, record]));
  let next = signature;
  while (next === CENTRAL) {
    await checkEntry(byOffset, bytes, source);
    next = await takeSignature(bytes);
  }
  const [left] = byOffset.values();
  if (left) throw zipFault(source, 'PT_ZIP_MISMATCH', `${quote(left.name)} is not in the directory`);
  if (next === END_64) {
    const size = Number(view(await bytes.take(8)).getBigUint64(0, true));
    if (size !== 44)
      throw zipFault(source, 'PT_ZIP', 'the large end record has another size', { expected: 44, actual: size });
    await bytes.take(size);
    next = await takeSignature(bytes);
  }
  if (next === LOCATOR_64) {
    await bytes.take(16);
    next = await takeSignature(bytes);
  }
  if (next !== END)
    throw zipFault(source, 'PT_ZIP', `the directory is followed by 0x${next.toString(16)} and not by its end`);
  const end = view(await bytes.take(18));
  const count = end.getUint16(6, true);
  if (count !== 0xffff && count !== records.length) {
    throw zipFault(source, 'PT_ZIP', `the archive says it has ${count} entries, and has ${records.length}`, {
      expected: count,
      actual: records.length,
    });
  }
  await bytes.take(end.getUint16(16, true));
}

async function checkEntry(records: Map<number, ZipRecord>, bytes: DirectoryBytes, source: string): Promise<void> {
  const head = view(await bytes.take(42));
  const name = new TextDecoder().decode(await bytes.take(head.getUint16(24, true)));
  const extra = await bytes.take(head.getUint16(26, true));
  await bytes.take(head.getUint16(28, true));
  const [size, packed, at] = readExtra64(
    extra,
    head.getUint32(20, true),
    head.getUint32(16, true),
    head.getUint32(38, true),
  );
  const record = records.get(at as number);
  records.delete(at as number);
  const stated = { name, method: head.getUint16(6, true), crc: head.getUint32(12, true), packed, size };
  for (const field of ['name', 'method', 'crc', 'packed', 'size'] as const) {
    if (record?.[field] === stated[field]) continue;
    throw zipFault(
      source,
      'PT_ZIP_MISMATCH',
      `${quote(name)}: the directory states another ${field} than the file has at byte ${at}`,
      {
        expected: stated[field],
        actual: record?.[field],
      },
    );
  }
}

/**
 * Header fields, each replaced by its 64-bit value in the extra field where it says so. The order is that of the extra
 * field.
 */
export function readExtra64(extra: Uint8Array, ...fields: readonly number[]): number[] {
  const data = view(extra);
  let begin = extra.length;
  let end = extra.length;
  for (let at = 0; at + 4 <= extra.length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== 1) continue;
    begin = at + 4;
    end = Math.min(extra.length, begin + data.getUint16(at + 2, true));
    break;
  }
  return fields.map((field) => {
    if (field !== IN_EXTRA || begin + 8 > end) return field;
    begin += 8;
    return Number(data.getBigUint64(begin - 8, true));
  });
}

export function zipFault(
  source: string,
  code: ErrorCode,
  what: string,
  details: ErrorDetails = {},
): WeightsFormatError {
  return new WeightsFormatError(code, `${source}: ${what}.`, { source, ...details });
}

async function takeSignature(bytes: DirectoryBytes): Promise<number> {
  return view(await bytes.take(4)).getUint32(0, true);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
