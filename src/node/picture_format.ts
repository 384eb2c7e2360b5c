import { AVIF, BRAND_BYTES, HEIC } from '../image/heif_brands.js';

/** Picture formats told apart by their first bytes. The second list is recognised only to say why it is not read. */
export type PictureFormat = ReadableFormat | UnreadableFormat;
export type ReadableFormat = 'JPEG' | 'PNG' | 'WebP' | 'TIFF' | 'GIF' | 'AVIF' | 'HEIC' | 'PNM';
export type UnreadableFormat =
  'BMP' | 'JPEG XL' | 'JPEG 2000' | 'Photoshop' | 'PBM' | 'plain PNM' | 'PFM' | 'OpenEXR' | 'Radiance' | 'SVG';

/** Bytes that `sniffPicture` looks at. */
const SNIFF_BYTES = BRAND_BYTES;
/** Bytes that tell any format: those of a packet of an MPEG transport stream, and the first of the next. */
export const HEAD_BYTES = 189;

const READABLE: ReadonlySet<PictureFormat> = new Set<ReadableFormat>([
  'JPEG',
  'PNG',
  'WebP',
  'TIFF',
  'GIF',
  'AVIF',
  'HEIC',
  'PNM',
]);

/** Beginnings as Latin-1 text; BigTIFF has 43 where TIFF has 42. */
const BEGINNINGS: readonly [RegExp, PictureFormat][] = [
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^\x89PNG\r\n\x1a\n/, 'PNG'],
  [/^RIFF[^]{4}WEBP/, 'WebP'],
  [/^(?:II[*+]\0|MM\0[*+])/, 'TIFF'],
  [/^GIF8[79]a/, 'GIF'],
  [/^P[56][\s#]/, 'PNM'],
  [AVIF, 'AVIF'],
  [HEIC, 'HEIC'],
  [/^BM[^]{4}\0{4}/, 'BMP'],
  [/^(?:\xff\x0a|\0\0\0\x0cJXL )/, 'JPEG XL'],
  [/^\0\0\0\x0cjP {2}/, 'JPEG 2000'],
  [/^8BPS\0\x01/, 'Photoshop'],
  [/^P[14]\s+(?:#|\d+\s)/, 'PBM'],
  [/^P[23]\s+(?:#|\d+\s)/, 'plain PNM'],
  [/^P[fF]\s+\d+\s+\d+\s/, 'PFM'],
  [/^\x76\x2f\x31\x01/, 'OpenEXR'],
  [/^#\?(?:RADIANCE|RGBE)\n/, 'Radiance'],
  [/^(?:\xef\xbb\xbf)?\s*<svg\s/, 'SVG'],
];

/** Format of a file that begins with `head`; undefined for anything that is not a picture. Names play no part. */
export function sniffPicture(head: Uint8Array): PictureFormat | undefined {
  const text = String.fromCharCode(...head.subarray(0, SNIFF_BYTES));
  return BEGINNINGS.find(([beginning]) => beginning.test(text))?.[1];
}

/** Whether `readPicture` reads the format. */
export function isReadable(format: PictureFormat): format is ReadableFormat {
  return READABLE.has(format);
}

/**
 * Whether `head` begins a PNG with the text chunk `depthwise`, or a JPEG with such a comment, which every one of ours
 * has right behind its header, so that a folder's results are told from its photographs.
 */
export function isOwnResult(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, SNIFF_BYTES));
  return /^\x89PNG[^]{33}tEXtdepthwise\0|^\xff\xd8\xff\xe0[^]{16}\xff\xfe\0\x0bdepthwise/.test(text);
}
