import type { Size } from './size.js';
import { exifFocalLength, exifOfJpeg } from './exif.js';
import { isHeic } from './heif_brands.js';
import { heifNotes } from './heif_items.js';

/** First bytes of a JPEG file that are searched: EXIF data are at most 64 KB, and stand near the beginning. */
const SEARCHED = 2 ** 18;

/** Focal length in pixels of the picture in a file, of a size, as its EXIF data have it; of JPEG and HEIC files. */
export async function fileFocalLength(file: Blob, size: Size): Promise<number | undefined> {
  const head = new Uint8Array(await file.slice(0, SEARCHED).arrayBuffer());
  // HEIC files may have them anywhere.
  const exif = isHeic(head) ? heifNotes(new Uint8Array(await file.arrayBuffer())).exif : exifOfJpeg(head);
  return exifFocalLength(exif, size);
}
