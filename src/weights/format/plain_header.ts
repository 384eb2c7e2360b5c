import type { HeaderOptions, SafetensorsDType, SafetensorsHeader, TensorEntry } from './safetensors.js';

/** Longest header, in bytes, and most tensors accepted unless the caller sets other bounds. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
export const MAX_TENSORS = 100_000;
/** No caller can ask for more: the bound of the reference implementation. */
export const FORMAT_MAX_HEADER = 100_000_000;

/** What writers fill a header up with. */
const BLANK = 0x20;

/** Bits of an element, of the types that files of models hold. */
const BITS: Readonly<Record<string, number>> = { F64: 64, F32: 32, F16: 16, BF16: 16, I64: 64 };

/** Length of the header, in bytes, as the first 8 of a file state it; undefined where `readHeaderLength` throws. */
export function plainLength(
  prefix: Uint8Array,
  fileSize: number | undefined,
  { maxHeaderBytes = MAX_HEADER_BYTES }: HeaderOptions = {},
): number | undefined {
  if (prefix.length < 8) return undefined;
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  const length = view.getUint32(0, true);
  return view.getUint32(4, true) === 0 &&
    length > 0 &&
    length <= Math.min(maxHeaderBytes, FORMAT_MAX_HEADER) &&
    !(fileSize !== undefined && length > fileSize - 8)
    ? length
    : undefined;
}

/**
 * The header of a file as the format's own writers make it; undefined for any other, right or wrong, that `parseHeader`
 * has to judge. What this accepts, that accepts, with the same result: text that `JSON.stringify` would write hides no
 * repeated key and no other number from `JSON.parse`.
 * @param bytes the file up to the end of the header
 * @param fileSize bytes of the whole file, where known
 */
export function plainHeader(
  bytes: Uint8Array,
  fileSize: number | undefined,
  { maxTensors = MAX_TENSORS }: HeaderOptions = {},
): SafetensorsHeader | undefined {
  try {
    let end = bytes.length;
    while (bytes[end - 1] === BLANK) end--;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, end));
    const json = JSON.parse(text) as Record<string, unknown>;
    const { __metadata__: described = {}, ...entries } = json;
    const metadata = Object.entries(described as object);
    const tensors = Object.entries(entries).map(([name, entry]) => plainEntry(name, entry as Entry));
    tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
    const dataLength = tensors.reduce((covered, { begin, end }) => (begin === covered ? end : NaN), 0);
    const plain =
      text[0] === '{' &&
      JSON.stringify(json) === text &&
      tensors.length <= maxTensors &&
      (fileSize ?? bytes.length + dataLength) === bytes.length + dataLength &&
      typeof described === 'object' &&
      !Array.isArray(described) &&
      metadata.every(([, value]) => typeof value === 'string');
    return plain
      ? {
          tensors: new Map(tensors.map((entry) => [entry.name, entry])),
          metadata: new Map(metadata),
          dataOffset: bytes.length,
          dataLength,
        }
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a member of the header should be, and may not be. */
interface Entry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly number[];
}

/** A tensor; its range is NaN where the entry is not plain. */
function plainEntry(name: string, entry: Entry): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = entry;
  const [begin = NaN, end = NaN] = offsets;
  const bits = shape.reduce(
    (product, dim) => (product * dim <= Number.MAX_SAFE_INTEGER ? product * dim : NaN),
    BITS[dtype] ?? NaN,
  );
  const plain =
    Object.keys(entry).length === 3 &&
    typeof dtype === 'string' &&
    offsets.length === 2 &&
    [...shape, begin, end].every((count) => Number.isSafeInteger(count) && count >= 0) &&
    bits === 8 * (end - begin);
  return { name, dtype, shape, begin: plain ? begin : NaN, end: plain ? end : NaN };
}
