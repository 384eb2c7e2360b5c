/** Width of a frame of 35 mm film, in millimetres. */
const FILM_WIDTH = 36;
/** Tags of TIFF and EXIF: where the EXIF directory is, and the focal length as on 35 mm film, in whole millimetres. */
const EXIF_DIRECTORY = 0x8769;
const FILM_FOCAL_LENGTH = 0xa405;
/** Bytes of an entry of a directory: tag, type, count, value. */
const ENTRY = 12;
const HEADER = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif", 0, 0

/**
 * Focal length in pixels of a picture of some size, from its EXIF data: the longer side is what film has its width for.
 * Undefined where they do not say, or are not whole.
 * @param exif with or without the header `Exif`
 */
export function exifFocalLength(
  exif: Uint8Array | undefined,
  { width, height }: { readonly width: number; readonly height: number },
): number | undefined {
  const millimetres = exif && filmFocalLength(startsWith(exif, HEADER) ? exif.subarray(HEADER.length) : exif);
  return millimetres ? (Math.max(width, height) * millimetres) / FILM_WIDTH : undefined;
}

/** The EXIF data of a JPEG file, of which the first bytes do; undefined where there are none. */
export function exifOfJpeg(bytes: Uint8Array): Uint8Array | undefined {
  if (!startsWith(bytes, [0xff, 0xd8])) return undefined;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (bytes[at + 1] === 0xe1 && startsWith(segment, HEADER)) return segment;
    at += 2 + length;
  }
  return undefined;
}

function filmFocalLength(tiff: Uint8Array): number | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = startsWith(tiff, [0x49, 0x49]);
  if (tiff.length < 8 || !(little || startsWith(tiff, [0x4d, 0x4d]))) return undefined;
  const exif = entryOf(view, view.getUint32(4, little), EXIF_DIRECTORY, little);
  const entry = exif === undefined ? undefined : entryOf(view, view.getUint32(exif, little), FILM_FOCAL_LENGTH, little);
  return entry === undefined ? undefined : view.getUint16(entry, little);
}

/** Where the value of a tag is, in the directory at an offset; undefined where it has none, or ends too early. */
function entryOf(view: DataView, directory: number, tag: number, little: boolean): number | undefined {
  if (directory + 2 > view.byteLength) return undefined;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + ENTRY * i;
    if (entry + ENTRY > view.byteLength) return undefined;
    if (view.getUint16(entry, little) === tag) return entry + 8;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}
