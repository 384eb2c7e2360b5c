import type { ErrorCode } from '../../error_codes.js';
import { DepthFileError, quote } from '../../errors.js';

/** One channel of f32, [height,width], top row first. */
export interface PfmMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Grey PFM file (`Pf`, scale -1: little-endian) of `data` [height,width]. The file's rows run from bottom to top.
 * Format: netpbm's pfm(5); MiDaS `write_pfm` writes the same bytes.
 */
export function encodePfm(data: Float32Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  if (data.length !== width * height) {
    throw new DepthFileError('PFM_SIZE', `${data.length} values do not fill ${width}x${height}.`, {
      expected: width * height,
      actual: data.length,
      phase: 'write',
    });
  }
  const header = new TextEncoder().encode(`Pf\n${width} ${height}\n-1.000000\n`);
  const file = new Uint8Array(header.length + data.byteLength);
  file.set(header);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(y * width * 4, (y + 1) * width * 4);
    file.set(row, header.length + (height - 1 - y) * width * 4);
  }
  return file;
}

/**
 * Reads a grey PFM file of either byte order; the magnitude of its scale is not applied.
 * @throws DepthFileError PFM_HEADER, PFM_COLOR, PFM_SIZE or PFM_LENGTH, naming `source`.
 */
export function decodePfm(bytes: Uint8Array, source = 'PFM data'): PfmMap {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 128));
  if (/^PF\s/.test(head)) throw fault('PFM_COLOR', source, 'is a colour PFM', 'Only grey (Pf) holds depth.');
  const match = /^Pf\s+(\d+)\s+(\d+)\s+([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s/.exec(head);
  if (!match) throw fault('PFM_HEADER', source, `does not begin like a PFM file: ${quote(head.slice(0, 24))}`);
  const [text, width, height, scale] = [match[0], Number(match[1]), Number(match[2]), Number(match[3])];
  if (!(width > 0 && height > 0 && Number.isSafeInteger(width * height * 4)) || !scale) {
    throw fault('PFM_SIZE', source, `is ${width}x${height} with scale ${match[3]}`);
  }
  const stored = bytes.length - text.length;
  if (stored !== width * height * 4) {
    throw new DepthFileError(
      'PFM_LENGTH',
      `${source}: ${stored} bytes of data where ${width}x${height} takes ${width * height * 4}.`,
      {
        source,
        expected: width * height * 4,
        actual: stored,
        phase: 'read',
      },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + text.length, stored);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = (height - 1 - y) * width;
    for (let x = 0; x < width; x++) data[row + x] = view.getFloat32((y * width + x) * 4, scale < 0);
  }
  return { width, height, data };
}

function fault(code: ErrorCode, source: string, what: string, hint?: string): DepthFileError {
  return new DepthFileError(code, `${source}: ${what}.`, { source, phase: 'read', ...(hint ? { hint } : {}) });
}
