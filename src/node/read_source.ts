import { ImageError } from '../errors.js';
import { fetchPicture } from '../image/fetch_picture.js';
import { localPath } from './file_source.js';
import { readPictureBlob, readPictureFile, type Picture, type ReadPictureOptions } from './image_file.js';

/**
 * The pixels of what a model is given as a picture in Node: a path or URL, also as text, or the bytes of a file.
 * @throws the errors of `readPicture`; NetworkError `NET_*` for addresses
 */
export async function readSource(
  source: string | URL | Blob,
  options: ReadPictureOptions,
  signal: AbortSignal | undefined,
): Promise<Picture> {
  const path = source instanceof Blob ? undefined : pathOf(source);
  if (path !== undefined) return readPictureFile(path, options, signal);
  return readPictureBlob(source instanceof Blob ? source : await fetchPicture(source, signal), options);
}

function pathOf(source: string | URL): string | undefined {
  try {
    return localPath(source);
  } catch (cause) {
    throw new ImageError('IMAGE_READ', `${source}: is no path of this machine (${(cause as Error).message}).`, {
      source: String(source),
      cause,
    });
  }
}
