import type { ErrorCode } from '../../error_codes.js';
import { quote, WeightsFormatError } from '../../errors.js';
import { crc32 } from './crc32.js';
import { MAX_PICKLE_BYTES, PickleMachine } from './pickle.js';
import type { Pickled } from './pickled.js';
import type { Lookahead } from './lookahead.js';
import { takePickle } from './take_pickle.js';
import {
  CENTRAL,
  checkDirectory,
  DESCRIPTOR,
  LOCAL,
  MASKED,
  readExtra64,
  STORED,
  DEFLATED,
  zipFault,
  type ZipEntry,
  type ZipRecord,
} from './zip_records.js';

/** Pieces that data is skipped in. */
const PIECE_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 200_000;
/** How much more than its bytes in the file a packed entry may have, beyond what any may have. */
const MAX_RATIO = 16;
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * Reads a zip archive from its start to its end: each entry's CRC-32 is checked, and in the end all of them are held
 * against the directory. `next` gives an entry; one of the other methods has to take its data before the next.
 */
export class ZipStream {
  readonly #bytes: Lookahead;
  readonly #records: ZipRecord[] = [];
  readonly #names = new Set<string>();
  #root: string | undefined;
  #at = 0;

  constructor(bytes: Lookahead) {
    this.#bytes = bytes;
  }

  /** The next entry; undefined behind the directory, with which the file ends. @throws WeightsFormatError `PT_ZIP*` */
  async next(): Promise<ZipEntry | undefined> {
    const at = this.#at;
    const signature = view(await this.#take(4)).getUint32(0, true);
    if (signature !== LOCAL) {
      if (signature !== CENTRAL && this.#records.length > 0)
        throw this.#fault('PT_ZIP', `no entry begins at byte ${at}`);
      await checkDirectory(this.#records, { at, take: (length) => this.#take(length) }, signature, this.#bytes.source);
      return undefined;
    }
    const head = view(await this.#take(26));
    const flags = head.getUint16(2, true);
    const method = head.getUint16(4, true);
    const name = new TextDecoder().decode(await this.#take(head.getUint16(22, true)));
    const extra = await this.#take(head.getUint16(24, true));
    if (flags & MASKED) throw this.#fault('PT_ZIP_FLAGS', `${quote(name)} is encrypted or a patch`, 0, flags & MASKED);
    this.#checkName(name);
    const [size, packed] = readExtra64(extra, head.getUint32(18, true), head.getUint32(14, true));
    const crc = head.getUint32(10, true);
    const record = (flags & 8) !== 0;
    const follows = record && packed === 0 && size === 0 && crc === 0;
    if (method !== STORED && (method !== DEFLATED || follows)) {
      throw this.#fault(
        'PT_ZIP_METHOD',
        `${quote(name)} is packed by method ${method}`,
        STORED,
        method,
        'Save it again with torch.save, or repack it with zip -0.',
      );
    }
    if (method === STORED && packed !== size)
      throw this.#fault(
        'PT_ZIP_RANGE',
        `${quote(name)} is not packed, but takes ${packed} bytes for ${size}`,
        size,
        packed,
      );
    return follows
      ? { name, method, at, record, packed: undefined, size: undefined, crc: undefined }
      : { name, method, at, record, packed, size, crc };
  }

  /**
   * The data of an entry whose length is known from elsewhere. @throws WeightsFormatError `PT_STORAGE_SIZE`,
   * `PT_ZIP_CRC`
   */
  async take(entry: ZipEntry, size: number): Promise<Uint8Array> {
    if (entry.size !== undefined && entry.size !== size) throw this.#sizeFault(entry, size, entry.size);
    if (entry.method === DEFLATED) return this.#inflated(entry, size);
    const data = await this.#take(size);
    await this.#finish(entry, data);
    return data;
  }

  /**
   * The data of an entry, whatever its length up to a bound. @throws WeightsFormatError `PT_LIMIT` and those of `take`
   */
  async takeAll(entry: ZipEntry, most: number): Promise<Uint8Array> {
    const size = entry.size ?? (await this.#distance(entry, most));
    if (size > most) throw this.#limit(entry, most, size);
    return this.take(entry, size);
  }

  /** Passes over the data of an entry, which may be of any length where its header tells it. */
  async skip(entry: ZipEntry, most: number): Promise<void> {
    if (entry.size === undefined || entry.size <= most) return void (await this.takeAll(entry, most));
    if (entry.method === DEFLATED) throw this.#limit(entry, most, entry.size);
    let crc = 0;
    for (let left = entry.size; left > 0; left -= Math.min(left, PIECE_BYTES)) {
      crc = crc32(await this.#take(Math.min(left, PIECE_BYTES)), crc);
    }
    await this.#finish(entry, new Uint8Array(0), crc, entry.size);
  }

  /** The pickle of an entry. @throws WeightsFormatError `PT_*` */
  async takePickle(entry: ZipEntry): Promise<Pickled> {
    if (entry.size !== undefined) {
      const machine = new PickleMachine(this.#bytes.source);
      const rest = machine.feed(await this.takeAll(entry, MAX_PICKLE_BYTES));
      if (rest?.length === 0) return machine.result;
      throw this.#fault('PT_CORRUPT', rest ? `${rest.length} bytes follow the pickle` : 'the pickle has no end');
    }
    const { value, raw } = await takePickle(this.#bytes);
    this.#at += raw.length;
    await this.#finish(entry, raw);
    return value;
  }

  async #take(length: number): Promise<Uint8Array> {
    const bytes = await this.#bytes.take(length);
    this.#at += bytes.length;
    return bytes;
  }

  async #inflated(entry: ZipEntry, size: number): Promise<Uint8Array> {
    this.#checkRatio(entry, size);
    const packed = await this.#take(entry.packed as number);
    const data = await inflate(packed, size).catch((cause: unknown) => {
      throw this.#fault(
        'PT_ZIP',
        `${quote(entry.name)} cannot be unpacked to ${size} bytes`,
        size,
        undefined,
        undefined,
        cause,
      );
    });
    await this.#finish(entry, data);
    return data;
  }

  /**
   * Weights hardly shrink: an entry that claims to, or to be larger packed than unpacked, is refused before it is
   * taken.
   */
  #checkRatio(entry: ZipEntry, size: number): void {
    const packed = entry.packed as number;
    const most = Math.max(MAX_UNPACKED_BYTES, MAX_RATIO * packed);
    if (size > most) throw this.#limit(entry, most, size);
    if (packed > size + size / 1000 + 1024) {
      throw this.#fault('PT_ZIP_RANGE', `${quote(entry.name)} takes ${packed} bytes for ${size}`, size, packed);
    }
  }

  /** Reads the record behind the data, where there is one, and notes the entry for the directory. */
  async #finish(entry: ZipEntry, data: Uint8Array, crc = crc32(data), size = data.length): Promise<void> {
    const { packed = size, crc: stated } = entry;
    // PyTorch writes no record behind an entry of no bytes.
    const record = stated ?? (size === 0 ? crc : await this.#descriptor(entry, data));
    if (record !== crc)
      throw this.#fault('PT_ZIP_CRC', `${quote(entry.name)} is damaged: its CRC-32 is not the one stated`, record, crc);
    const whole = { ...entry, packed, size, crc };
    if (entry.record && (stated !== undefined || size === 0)) await this.#repeated(whole);
    this.#records.push(whole);
    if (this.#records.length > MAX_ENTRIES) throw this.#limit(entry, MAX_ENTRIES, this.#records.length);
  }

  /** The CRC in the record behind data of `size` bytes, whose sizes have to be those of the data. */
  async #descriptor(entry: ZipEntry, data: Uint8Array): Promise<number> {
    const record = await this.#take(16);
    const short = view(record);
    if (short.getUint32(0, true) !== DESCRIPTOR) {
      const all = new Uint8Array(await new Blob([data as BlobPart, record as BlobPart]).arrayBuffer());
      throw this.#sizeFault(entry, data.length, findDescriptor(all));
    }
    if (short.getUint32(8, true) === data.length && short.getUint32(12, true) === data.length)
      return short.getUint32(4, true);
    // Of large files, both sizes have eight bytes.
    const size = new DataView(new ArrayBuffer(16));
    new Uint8Array(size.buffer).set(new Uint8Array(short.buffer, short.byteOffset + 8, 8));
    new Uint8Array(size.buffer).set(await this.#take(8), 8);
    const [packed, unpacked] = [size.getBigUint64(0, true), size.getBigUint64(8, true)];
    if (packed === BigInt(data.length) && unpacked === packed) return short.getUint32(4, true);
    throw this.#sizeFault(entry, data.length, short.getUint32(8, true));
  }

  /** Passes over a record that repeats what the header said. Some writers announce it and leave it out. */
  async #repeated({ name, crc, packed, size }: ZipRecord): Promise<void> {
    const ahead = await this.#bytes.takeUpTo(24);
    this.#bytes.putBack(ahead);
    const length = descriptorLength(ahead, crc, packed, size);
    if (length === undefined)
      throw this.#fault('PT_ZIP_MISMATCH', `${quote(name)}: the record behind its data is another than its header`);
    await this.#take(length);
  }

  /** How far it is to the record behind the data, whose length nothing tells. */
  async #distance(entry: ZipEntry, most: number): Promise<number> {
    const ahead = await this.#bytes.takeUpTo(most + 24);
    this.#bytes.putBack(ahead);
    const size = findDescriptor(ahead);
    if (size === undefined) throw this.#limit(entry, most, ahead.length);
    return size;
  }

  #checkName(name: string): void {
    const root = name.slice(0, name.indexOf('/'));
    if (this.#names.has(name))
      throw this.#fault('PT_ZIP_NAME', `there are two entries ${quote(name)}`, undefined, name);
    if (root !== (this.#root ??= root)) {
      throw this.#fault(
        'PT_ZIP_NAME',
        `${quote(name)} lies outside of ${quote(this.#root)}, where the others do`,
        this.#root,
        name,
      );
    }
    this.#names.add(name);
  }

  #sizeFault({ name }: ZipEntry, expected: number, actual: number | undefined): WeightsFormatError {
    const found = actual === undefined ? 'another number of' : String(actual);
    return this.#fault(
      'PT_STORAGE_SIZE',
      `${quote(name)} should have ${expected} bytes, as the pickle says, and has ${found}`,
      expected,
      actual,
    );
  }

  #limit({ name }: ZipEntry, limit: number, actual: number): WeightsFormatError {
    return new WeightsFormatError(
      'PT_LIMIT',
      `${this.#bytes.source}: ${quote(name)} makes it ${actual}; at most ${limit} are accepted.`,
      {
        source: this.#bytes.source,
        limit: 'bytes of an entry',
        expected: limit,
        actual,
      },
    );
  }

  #fault(
    code: ErrorCode,
    what: string,
    expected?: unknown,
    actual?: unknown,
    hint?: string,
    cause?: unknown,
  ): WeightsFormatError {
    return zipFault(this.#bytes.source, code, what, {
      expected,
      actual,
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * Bytes of the record behind an entry, which may lack its signature and have sizes of four or eight bytes. 0 where
 * there is none, undefined for one that says something else.
 */
function descriptorLength(ahead: Uint8Array, crc: number, packed: number, size: number): number | undefined {
  const data = view(ahead);
  const at = ahead.length >= 4 && data.getUint32(0, true) === DESCRIPTOR ? 4 : 0;
  if (ahead.length >= at + 12 && data.getUint32(at, true) === crc) {
    if (data.getUint32(at + 4, true) === packed && data.getUint32(at + 8, true) === size) return at + 12;
    const large = (from: number) => from + 8 <= ahead.length && data.getBigUint64(from, true);
    if (large(at + 4) === BigInt(packed) && large(at + 12) === BigInt(size)) return at + 20;
  }
  return at === 0 ? 0 : undefined;
}

/** Where the first record stands whose sizes are the distance to it. */
function findDescriptor(bytes: Uint8Array): number | undefined {
  const data = view(bytes);
  for (let at = 0; at + 16 <= bytes.length; at++) {
    if (bytes[at] === 0x50 && data.getUint32(at, true) === DESCRIPTOR && data.getUint32(at + 8, true) === at) return at;
  }
  return undefined;
}

/** Unpacks a raw deflate stream to a length that is known. */
async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > size) {
      await reader.cancel();
      throw new RangeError(`It is longer than ${size} bytes.`);
    }
    chunks.push(next.value);
  }
  if (length < size) throw new RangeError(`It has ${length} bytes.`);
  const data = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    data.set(chunk, at);
    at += chunk.length;
  }
  return data;
}
