/** A picture that the browser can decode. */
export interface OpenPicture {
  readonly blob: Blob;
  /** Of `blob`, for the caller to revoke. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** Pixels on a side that every GPU takes. */
const MOST_SIDE = 8192;

/**
 * Opens a picture: as it is where the browser decodes it, else, of HEIC, as the PNG that is made of it. One that no GPU
 * has to take is made smaller.
 * @throws Error with the name, where it cannot be decoded
 */
export async function openPicture(file: Blob, name: string, signal: AbortSignal): Promise<OpenPicture> {
  const picture = await readPicture(file, name, signal);
  if (Math.max(picture.width, picture.height) <= MOST_SIDE) return picture;
  URL.revokeObjectURL(picture.url);
  const { smaller } = await import('./smaller.js');
  return decoded(await smaller(picture, MOST_SIDE));
}

async function readPicture(file: Blob, name: string, signal: AbortSignal): Promise<OpenPicture> {
  try {
    return await decoded(file);
  } catch (cause) {
    const { readHeif, undecodable } = await import('./heif.js');
    const read = await readHeif(file, signal);
    if (!read) throw new Error(undecodable(file, name), { cause });
    return decoded(read);
  }
}

/** Focal length of the camera, in pixels, where the EXIF data of a file have it. */
export async function focalLengthOf(
  file: Blob,
  size: { readonly width: number; readonly height: number },
): Promise<number | undefined> {
  const { readFocalLength } = await import('./focal_length.js');
  return readFocalLength(file, size);
}

async function decoded(blob: Blob): Promise<OpenPicture> {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch (cause) {
    URL.revokeObjectURL(url);
    throw cause;
  }
  return { blob, url, width: image.naturalWidth, height: image.naturalHeight };
}
