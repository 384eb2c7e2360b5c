import type { ErrorCode } from '../../error_codes.js';
import { quote, WeightsFormatError } from '../../errors.js';
import { decodeUtf8, NumberToken, parseHeaderJson, type JsonNode, type JsonObject } from './header_json.js';
import { checkLayout, type SafetensorsEntry } from './layout.js';
import type { TensorDType, TensorTable } from './tensor_table.js';

/** Bits per element of every element type of the format; only some of them can be weights here (see decode.ts). */
const DTYPE_BITS = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  U16: 16,
  I16: 16,
  U32: 32,
  I32: 32,
  U64: 64,
  I64: 64,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F16: 16,
  BF16: 16,
  F32: 32,
  F64: 64,
  C64: 64,
} as const satisfies Record<TensorDType, number>;

export interface SafetensorsHeader extends TensorTable {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Where the data starts in the file, in bytes: 8 + length of the header. Not necessarily a multiple of anything. */
  readonly dataOffset: number;
  /** Bytes of data that the tensors cover, without a gap. */
  readonly dataLength: number;
}

export interface HeaderOptions {
  /** Longest header accepted, in bytes; 16 MiB unless given, and never above 100,000,000. */
  readonly maxHeaderBytes?: number;
  /** Most tensors accepted; 100,000 unless given. */
  readonly maxTensors?: number;
}

/** Longest header, in bytes, and most tensors accepted unless the caller sets other bounds. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_TENSORS = 100_000;
/** No caller can ask for more: the bound of the reference implementation. */
const FORMAT_MAX_HEADER = 100_000_000;

const ENTRY_FIELDS = ['dtype', 'shape', 'data_offsets'];
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Reads the length of the header from the first 8 bytes of a file, and refuses it before anything of that size is read.
 * @param fileSize bytes of the whole file, where known
 * @throws WeightsFormatError `ST_TOO_SHORT`, `ST_HEADER_TOO_LARGE`, `ST_HEADER_LENGTH`, or `ST_HEADER_JSON` for an
 *   empty header
 */
export function readHeaderLength(
  bytes: Uint8Array,
  fileSize: number | undefined,
  source: string,
  options: HeaderOptions = {},
): number {
  if (bytes.length < 8) {
    throw fault(
      'ST_TOO_SHORT',
      source,
      `a safetensors file starts with 8 bytes of header length; there are ${bytes.length}.`,
      { expected: 8, actual: bytes.length },
    );
  }
  const stated = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(options.maxHeaderBytes ?? MAX_HEADER_BYTES, FORMAT_MAX_HEADER);
  if (stated > BigInt(limit)) {
    throw fault(
      'ST_HEADER_TOO_LARGE',
      source,
      `the header is said to be ${stated} bytes long; at most ${limit} are accepted.`,
      {
        limit: 'maxHeaderBytes',
        expected: limit,
        actual: stated,
      },
    );
  }
  const length = Number(stated);
  if (fileSize !== undefined && length > fileSize - 8) {
    throw fault(
      'ST_HEADER_LENGTH',
      source,
      `the header is said to be ${length} bytes long, but only ${fileSize - 8} follow. The file may be cut short.`,
      {
        expected: length,
        actual: fileSize - 8,
      },
    );
  }
  if (length === 0) throw fault('ST_HEADER_JSON', source, 'the header is empty.', { actual: 0 });
  return length;
}

/**
 * Parses and checks the header of a safetensors file; nothing in it is believed before it is checked.
 * @param bytes start of the file, at least up to the end of the header
 * @param fileSize bytes of the whole file; without it, data that ends early or goes on is for the reader of the stream
 *   to find
 * @param source file name or URL, for messages
 * @throws WeightsFormatError `ST_*`, naming tensor and numbers
 */
export function parseHeader(
  bytes: Uint8Array,
  fileSize: number | undefined,
  source: string,
  options: HeaderOptions = {},
): SafetensorsHeader {
  const length = readHeaderLength(bytes, fileSize, source, options);
  const dataOffset = 8 + length;
  if (bytes.length < dataOffset) {
    throw fault(
      'ST_HEADER_LENGTH',
      source,
      `the header is said to be ${length} bytes long, but only ${bytes.length - 8} are there.`,
      {
        expected: length,
        actual: bytes.length - 8,
      },
    );
  }
  const maxTensors = options.maxTensors ?? MAX_TENSORS;
  const text = decodeUtf8(bytes.subarray(8, dataOffset), source);
  const json = parseHeaderJson(text, { source, maxMembers: maxTensors + 1 });
  const metadata = readMetadata(json.get('__metadata__'), source);
  const entries: SafetensorsEntry[] = [];
  for (const [name, node] of json) {
    if (name !== '__metadata__') entries.push(readEntry(name, node, source));
  }
  if (entries.length > maxTensors) {
    throw fault('ST_TOO_MANY_TENSORS', source, `the header lists more than ${maxTensors} tensors.`, {
      limit: 'maxTensors',
      expected: maxTensors,
      actual: entries.length,
    });
  }
  const dataLength = checkLayout(entries, fileSize === undefined ? undefined : fileSize - dataOffset, source);
  return { tensors: new Map(entries.map((entry) => [entry.name, entry])), metadata, dataOffset, dataLength };
}

function readMetadata(node: JsonNode | undefined, source: string): ReadonlyMap<string, string> {
  if (node === undefined) return new Map();
  if (!(node instanceof Map))
    throw fault('ST_METADATA', source, `"__metadata__" must map strings to strings, and is ${kindOf(node)}.`, {
      actual: kindOf(node),
    });
  const metadata = new Map<string, string>();
  for (const [key, value] of node as JsonObject) {
    if (typeof value !== 'string') {
      throw fault(
        'ST_METADATA',
        source,
        `"__metadata__" must map strings to strings; ${quote(key)} is ${kindOf(value)}.`,
        { expected: 'a string', actual: kindOf(value) },
      );
    }
    metadata.set(key, value);
  }
  return metadata;
}

function readEntry(name: string, node: JsonNode, source: string): SafetensorsEntry {
  const broken = (what: string): WeightsFormatError =>
    fault('ST_ENTRY', source, `tensor ${quote(name)}: ${what}.`, { tensor: name });
  if (!(node instanceof Map)) throw broken(`its entry must be an object, and is ${kindOf(node)}`);
  const object = node as JsonObject;
  for (const field of ENTRY_FIELDS) if (!object.has(field)) throw broken(`${quote(field)} is missing`);
  for (const field of object.keys())
    if (!ENTRY_FIELDS.includes(field)) throw broken(`there is no field ${quote(field)}`);
  const dtype = object.get('dtype')!;
  if (typeof dtype !== 'string') throw broken(`"dtype" must be a string, and is ${kindOf(dtype)}`);
  const shape = object.get('shape')!;
  if (!Array.isArray(shape)) throw broken(`"shape" must be an array, and is ${kindOf(shape)}`);
  const offsets = object.get('data_offsets')!;
  if (!Array.isArray(offsets)) throw broken(`"data_offsets" must be an array, and is ${kindOf(offsets)}`);
  if (!Object.hasOwn(DTYPE_BITS, dtype)) {
    throw fault('ST_DTYPE', source, `tensor ${quote(name)}: ${quote(dtype)} is not an element type of the format.`, {
      tensor: name,
      actual: dtype,
    });
  }
  const known = dtype as TensorDType;
  const dims = readShape(name, shape, source);
  const bytes = byteSize(name, known, dims, source);
  const { begin, end } = readOffsets(name, offsets, source);
  if (end - begin !== bytes) {
    throw fault(
      'ST_SIZE',
      source,
      `tensor ${quote(name)}: ${known} ${showShape(dims)} takes ${bytes} bytes, but its range ` +
        `${begin}–${end} has ${end - begin}.`,
      {
        tensor: name,
        expected: bytes,
        actual: end - begin,
      },
    );
  }
  return { name, dtype: known, shape: dims, begin, end };
}

function readShape(name: string, nodes: readonly JsonNode[], source: string): readonly number[] {
  const dims = nodes.map((node) => readCount(name, 'shape', node, source));
  const large = dims.find((dim) => dim > Number.MAX_SAFE_INTEGER);
  if (large === undefined) return dims.map(Number);
  const count = dims.reduce((product, dim) => product * dim, 1n);
  if (count > U64_MAX) throw overflow(name, dims, source);
  throw fault('ST_NUMBER', source, `tensor ${quote(name)}: "shape" holds ${large}, more than 2^53 - 1.`, {
    tensor: name,
    actual: large,
  });
}

/** Bytes of a tensor. Zero-sized and rank-0 tensors are legal. */
function byteSize(name: string, dtype: TensorDType, shape: readonly number[], source: string): number {
  let bits: number = DTYPE_BITS[dtype];
  for (const dim of shape) {
    bits *= dim;
    // Exact: both factors are safe integers, and a product past 2^53 is caught before it is used again.
    if (bits > Number.MAX_SAFE_INTEGER) throw overflow(name, shape, source);
  }
  if (bits % 8 !== 0) {
    throw fault(
      'ST_MISALIGNED_BITS',
      source,
      `tensor ${quote(name)}: ${dtype} ${showShape(shape)} takes ${bits} bits, which is not a whole number of bytes.`,
      {
        tensor: name,
        actual: bits,
      },
    );
  }
  return bits / 8;
}

function readOffsets(name: string, nodes: readonly JsonNode[], source: string): { begin: number; end: number } {
  if (nodes.length !== 2) {
    throw fault(
      'ST_OFFSETS',
      source,
      `tensor ${quote(name)}: "data_offsets" must hold 2 numbers, and holds ${nodes.length}.`,
      { tensor: name, expected: 2, actual: nodes.length },
    );
  }
  const [begin, end] = nodes.map((node) => {
    const offset = readCount(name, 'data_offsets', node, source);
    if (offset <= Number.MAX_SAFE_INTEGER) return Number(offset);
    throw fault('ST_NUMBER', source, `tensor ${quote(name)}: "data_offsets" holds ${offset}, more than 2^53 - 1.`, {
      tensor: name,
      actual: offset,
    });
  }) as [number, number];
  if (begin > end) {
    throw fault('ST_OFFSETS', source, `tensor ${quote(name)}: its range ${begin}–${end} ends before it begins.`, {
      tensor: name,
      expected: begin,
      actual: end,
    });
  }
  return { begin, end };
}

/** A non-negative integer of at most 64 bits, from its digits. */
function readCount(name: string, field: string, node: JsonNode, source: string): bigint {
  if (node instanceof NumberToken && /^[0-9]{1,20}$/.test(node.text)) {
    const count = BigInt(node.text);
    if (count <= U64_MAX) return count;
  }
  const actual = node instanceof NumberToken ? node.text : kindOf(node);
  throw fault(
    'ST_NUMBER',
    source,
    `tensor ${quote(name)}: "${field}" must hold whole numbers from 0 up, and holds ${actual.slice(0, 40)}.`,
    { tensor: name, actual },
  );
}

function overflow(name: string, shape: readonly (number | bigint)[], source: string): WeightsFormatError {
  return fault(
    'ST_OVERFLOW',
    source,
    `tensor ${quote(name)}: a shape of ${showShape(shape)} has more bytes than can be counted.`,
    { tensor: name, actual: shape },
  );
}

/** A shape for messages; a file may list any number of dimensions. */
function showShape(shape: readonly (number | bigint)[]): string {
  return `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? `, … ${shape.length} dimensions` : ''}]`;
}

function kindOf(node: JsonNode): string {
  if (node instanceof NumberToken) return `the number ${node.text.slice(0, 40)}`;
  if (node instanceof Map) return 'an object';
  if (Array.isArray(node)) return 'an array';
  return typeof node === 'string' ? `the string ${quote(node)}` : String(node);
}

function fault(
  code: ErrorCode,
  source: string,
  message: string,
  details: { tensor?: string; limit?: string; expected?: unknown; actual?: unknown },
): WeightsFormatError {
  return new WeightsFormatError(code, `${source}: ${message}`, { source, ...details });
}
