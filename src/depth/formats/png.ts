import { DepthFileError } from '../../errors.js';

/** 8-bit grey, RGB or straight RGBA as Uint8Array, or 16-bit grey as Uint16Array; rows from top to bottom. */
export interface PngImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  /** Length width * height * channels. */
  readonly data: Uint8Array | Uint16Array;
}

/** Text chunks by keyword, such as `Software` or `depthwise`. */
export type PngText = Readonly<Record<string, string>>;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;

/**
 * PNG file of `image`, text chunks first. Works wherever CompressionStream does: browsers, workers, Node.
 * Format: PNG specification, third edition.
 * @throws DepthFileError PNG_SIZE, PNG_DEPTH or PNG_TEXT.
 */
export async function encodePng(image: PngImage, text: PngText = {}): Promise<Uint8Array<ArrayBuffer>> {
  check(image);
  const wide = image.data instanceof Uint16Array;
  const ihdr = new Uint8Array(13);
  const view = new DataView(ihdr.buffer);
  view.setUint32(0, image.width);
  view.setUint32(4, image.height);
  ihdr.set([wide ? 16 : 8, COLOR_TYPE[image.channels]], 8);
  const chunks = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', ihdr),
    ...Object.entries(text).map(([keyword, value]) => textChunk(keyword, value)),
    chunk('IDAT', await deflate(filterRows(image))),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function check({ width, height, channels, data }: PngImage): void {
  const fits = (side: number) => Number.isInteger(side) && side > 0 && side < 2 ** 31;
  if (!fits(width) || !fits(height) || data.length !== width * height * channels) {
    throw new DepthFileError(
      'PNG_SIZE',
      `${data.length} samples do not fill ${width}x${height} with ${channels} channels.`,
      {
        expected: width * height * channels,
        actual: data.length,
        phase: 'write',
      },
    );
  }
  if (data instanceof Uint16Array && channels !== 1) {
    throw new DepthFileError('PNG_DEPTH', `16-bit PNG is written in grey only, not with ${channels} channels.`, {
      expected: 1,
      actual: channels,
      phase: 'write',
    });
  }
}

/** Rows as stored, each behind the number of its filter: Paeth, which suits smooth maps and photographs alike. */
function filterRows({ width, height, channels, data }: PngImage): Uint8Array<ArrayBuffer> {
  const bytes = data instanceof Uint16Array ? bigEndian(data) : data;
  const bpp = (bytes.length / data.length) * channels;
  const stride = width * bpp;
  const out = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    const target = y * (stride + 1) + 1;
    out[target - 1] = 4;
    for (let x = 0; x < stride; x++) {
      const left = x < bpp ? 0 : bytes[row + x - bpp]!;
      const up = y === 0 ? 0 : bytes[row + x - stride]!;
      const corner = x < bpp || y === 0 ? 0 : bytes[row + x - stride - bpp]!;
      out[target + x] = bytes[row + x]! - paeth(left, up, corner);
    }
  }
  return out;
}

/** PNG specification 9.4. */
function paeth(left: number, up: number, corner: number): number {
  const dLeft = Math.abs(up - corner);
  const dUp = Math.abs(left - corner);
  const dCorner = Math.abs(left + up - 2 * corner);
  if (dLeft <= dUp && dLeft <= dCorner) return left;
  return dUp <= dCorner ? up : corner;
}

function bigEndian(samples: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2);
  for (let i = 0; i < samples.length; i++) {
    bytes[2 * i] = samples[i]! >> 8;
    bytes[2 * i + 1] = samples[i]!;
  }
  return bytes;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** tEXt where Latin-1 can hold the text, else iTXt, uncompressed and without a language. */
function textChunk(keyword: string, value: string): Uint8Array<ArrayBuffer> {
  if (!/^[!-~](?:[ -~]{0,77}[!-~])?$/.test(keyword) || value.includes('\0')) {
    throw new DepthFileError('PNG_TEXT', `${JSON.stringify(keyword)} cannot be written as PNG text.`, {
      hint: 'A keyword is 1 to 79 printable ASCII characters, and text has no NUL.',
      actual: keyword,
      phase: 'write',
    });
  }
  const latin1 = /^[\n\x20-\x7e\xa1-\xff]*$/.test(value);
  const body = latin1
    ? Uint8Array.from(`${keyword}\0${value}`, (letter) => letter.charCodeAt(0))
    : new TextEncoder().encode(`${keyword}\0\0\0\0\0${value}`);
  return chunk(latin1 ? 'tEXt' : 'iTXt', body);
}

function chunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 of ISO 3309, as PNG specification annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
