/** First bytes of a file in which its brands are looked for. */
export const BRAND_BYTES = 64;
/** How AVIF files begin, as Latin-1 text: any of their brands says it. ISO 23008-12, and AV1 Image File Format 1.1. */
export const AVIF = /^[^]{4}ftyp(?:[^]{4})*?avi[fs]/;
/** How HEIC files begin, where they are no AVIF files. */
export const HEIC = /^[^]{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/;

/** Whether a file begins as HEIC files do. */
export function isHeic(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, BRAND_BYTES));
  return HEIC.test(text) && !AVIF.test(text);
}
