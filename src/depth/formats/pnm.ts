import { ImageError } from '../../errors.js';

/** 8-bit samples of a PGM (1 channel) or PPM (3 channels), top row first. */
export interface PnmPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a raw PGM or PPM (`P5`, `P6`); samples of any maximum up to 65535 are scaled to 0..255. Format: netpbm's
 * ppm(5).
 * @throws ImageError IMAGE_DECODE naming `source`.
 */
export function decodePnm(bytes: Uint8Array, source = 'PNM data'): PnmPicture {
  const gap = '(?:\\s|#[^\\n]*\\n)+';
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024));
  const match = new RegExp(`^P([56])${gap}(\\d+)${gap}(\\d+)${gap}(\\d+)\\s`).exec(head);
  if (!match) throw fault(source, 'header is not a raw PGM or PPM header');
  const channels = match[1] === '6' ? 3 : 1;
  const [width, height, maximum] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (!(width > 0 && height > 0 && maximum > 0 && maximum < 65536)) {
    throw fault(source, `header says ${width}x${height} with maximum ${maximum}`);
  }
  const wide = maximum > 255;
  const length = width * height * channels;
  const body = bytes.subarray(match[0].length);
  if (body.length < length * (wide ? 2 : 1)) {
    throw fault(source, `${body.length} bytes of samples where ${length * (wide ? 2 : 1)} are needed`);
  }
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const sample = wide ? body[2 * i]! * 256 + body[2 * i + 1]! : body[i]!;
    data[i] = Math.round((Math.min(sample, maximum) * 255) / maximum);
  }
  return { width, height, channels, data };
}

function fault(source: string, what: string): ImageError {
  return new ImageError('IMAGE_DECODE', `${source}: ${what}.`, { source });
}
