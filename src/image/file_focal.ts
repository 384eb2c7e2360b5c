import type { Size } from './size.js';
import { exifFocalLength, exifOfJpeg } from './exif.js';

/** First bytes of a file that are searched: EXIF data are at most 64 KB, and stand near the beginning. */
const SEARCHED = 2 ** 18;

/** Focal length in pixels of the picture in a file, of a size, as its EXIF data have it; of JPEG files alone. */
export async function fileFocalLength(file: Blob, size: Size): Promise<number | undefined> {
  return exifFocalLength(exifOfJpeg(new Uint8Array(await file.slice(0, SEARCHED).arrayBuffer())), size);
}
