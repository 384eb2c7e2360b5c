import { ImageError, NetworkError } from '../errors.js';

/**
 * Decodes an encoded picture with the browser's decoders: EXIF orientation applied once, colour profiles ignored as
 * cv2 ignores them, colours not multiplied by alpha. Close the bitmap after use.
 * @throws ImageError `IMAGE_DECODE`, or `IMAGE_DECODER` where the runtime has no decoder; NetworkError `NET_HTTP` or
 *   `NET_UNREACHABLE`.
 */
export async function decodePicture(source: string | URL | Blob, signal?: AbortSignal): Promise<ImageBitmap> {
  signal?.throwIfAborted();
  if (typeof globalThis.createImageBitmap !== 'function') {
    throw new ImageError('IMAGE_DECODER', 'This runtime has no createImageBitmap to decode pictures with.', {
      hint: 'In Node, decode the file first and pass its pixels.',
    });
  }
  const name = source instanceof Blob ? ((source as Partial<File>).name ?? 'blob') : displayName(source);
  const blob = source instanceof Blob ? source : await fetchBlob(source, name, signal);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, {
      imageOrientation: 'from-image',
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (cause) {
    throw new ImageError(
      'IMAGE_DECODE',
      `${name}: ${blob.size} bytes${blob.type ? ` of ${blob.type}` : ''} cannot be decoded as a picture.`,
      { source: name, cause },
    );
  }
  if (!signal?.aborted) return bitmap;
  bitmap.close();
  throw signal.reason;
}

async function fetchBlob(url: string | URL, source: string, signal?: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return await response.blob();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new NetworkError('NET_UNREACHABLE', `${source}: the picture could not be fetched.`, {
      hint: 'On another origin, the server must allow this page (CORS).',
      source,
      phase: 'image',
      retryable: true,
      cause,
    });
  }
  throw new NetworkError('NET_HTTP', `${source}: the server answered ${response.status} ${response.statusText}.`, {
    source,
    actual: response.status,
    phase: 'image',
    retryable: response.status === 429 || response.status >= 500,
  });
}

/** A URL for messages: without query, fragment or credentials, and data and blob URLs by their scheme alone. */
function displayName(url: string | URL): string {
  const text = String(url);
  if (/^(data|blob):/i.test(text)) return `${text.slice(0, text.indexOf(':'))}: URL`;
  return text
    .replace(/[?#].*$/s, '')
    .replace(/\/\/[^/@]*@/, '//')
    .slice(0, 200);
}
