import { parts } from '../parts.js';

/**
 * The focal length of the camera of a picture in a file, in pixels, by its EXIF data: what `createScene` takes as
 * `focalLength`. Of JPEG and HEIC files; undefined where they do not say it. What reads them is fetched once asked for.
 * @param size of the picture, upright
 * @throws NetworkError `NET_PART`
 * @example
 * ```ts
 * import { createScene, readFocalLength } from 'depthwise/views';
 *
 * const focalLength = await readFocalLength(file, { width: 4032, height: 3024 });
 * const scene = await createScene(depth, image, focalLength === undefined ? {} : { focalLength });
 * ```
 */
export async function readFocalLength(
  file: Blob,
  size: { readonly width: number; readonly height: number },
): Promise<number | undefined> {
  return (await parts.rare()).fileFocalLength(file, size);
}
