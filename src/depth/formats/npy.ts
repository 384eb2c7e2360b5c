import type { ErrorCode } from '../../error_codes.js';
import { DepthFileError, quote } from '../../errors.js';
import { numel } from '../../tensor.js';

/** What an NPY file holds: row-major data of `shape`. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const ELEMENTS = { '<f4': Float32Array, '<f8': Float64Array } as const;

/**
 * NPY version 1.0 file of f32 `data` in row-major order, byte for byte what `numpy.save` writes.
 * Format: numpy/lib/format.py.
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  if (numel(shape) !== data.length) {
    throw new DepthFileError('NPY_SHAPE', `${data.length} values do not fill the shape [${shape.join(',')}].`, {
      expected: numel(shape),
      actual: data.length,
      phase: 'write',
    });
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(start - 11)}\n`;
  const file = new Uint8Array(start + data.byteLength);
  file.set([...MAGIC, 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(new TextEncoder().encode(header), 10);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

/**
 * Reads an NPY file of little-endian f32 or f64 in C order, format versions 1 and 2.
 * @throws DepthFileError NPY_MAGIC, NPY_VERSION, NPY_HEADER, NPY_DTYPE, NPY_ORDER, NPY_SHAPE or NPY_LENGTH, naming
 *   `source`.
 */
export function decodeNpy(bytes: Uint8Array, source = 'NPY data'): NpyArray {
  const { header, start } = readHeader(bytes, source);
  const descr = field(header, 'descr', `'([^']*)'`);
  if (descr !== '<f4' && descr !== '<f8') {
    throw fault('NPY_DTYPE', source, `elements are ${quote(descr ?? 'structured')}`, {
      hint: 'Only little-endian f32 and f64 are read: save array.astype("<f4").',
      expected: ['<f4', '<f8'],
      actual: descr,
    });
  }
  const order = field(header, 'fortran_order', '(True|False)');
  if (order !== 'False') {
    throw fault('NPY_ORDER', source, order ? 'values are in Fortran order' : 'header does not state the order', {
      hint: 'Save numpy.ascontiguousarray(array).',
      expected: 'False',
      actual: order,
    });
  }
  const shape = readShape(header, source);
  const elements = ELEMENTS[descr];
  const expected = numel(shape) * elements.BYTES_PER_ELEMENT;
  if (bytes.length - start !== expected) {
    throw fault(
      'NPY_LENGTH',
      source,
      `${bytes.length - start} bytes of data where the shape [${shape.join(',')}] of ${descr} takes ${expected}`,
      {
        expected,
        actual: bytes.length - start,
      },
    );
  }
  return { shape, data: new elements(new Uint8Array(bytes.subarray(start)).buffer) };
}

function readHeader(bytes: Uint8Array, source: string): { header: string; start: number } {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw fault('NPY_MAGIC', source, 'does not begin like an NPY file');
  }
  const version = bytes[6]!;
  if (version !== 1 && version !== 2) {
    throw fault('NPY_VERSION', source, `format version ${version}`, { expected: [1, 2], actual: version });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : bytes.length >= 12 ? view.getUint32(8, true) : Infinity;
  const start = begin + length;
  if (start > bytes.length) {
    throw fault('NPY_HEADER', source, `header of ${length} bytes in a file of ${bytes.length}`, {
      expected: start,
      actual: bytes.length,
    });
  }
  return { header: new TextDecoder('latin1').decode(bytes.subarray(begin, start)), start };
}

function field(header: string, key: string, value: string): string | undefined {
  return new RegExp(`'${key}'\\s*:\\s*${value}`).exec(header)?.[1];
}

function readShape(header: string, source: string): number[] {
  const tuple = field(header, 'shape', '\\(([\\d,\\s]*)\\)');
  const shape = tuple
    ?.split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (!shape || !Number.isSafeInteger(numel(shape))) {
    throw fault('NPY_SHAPE', source, `header has no usable shape: ${quote(header.trim())}`);
  }
  return shape;
}

function fault(
  code: ErrorCode,
  source: string,
  what: string,
  details: { hint?: string; expected?: unknown; actual?: unknown } = {},
): DepthFileError {
  return new DepthFileError(code, `${source}: ${what}.`, { ...details, source, phase: 'read' });
}
