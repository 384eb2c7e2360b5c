import type { Validators } from '../cache/cache.js';
import type { HttpSource } from './http_source.js';

/**
 * Whether a URL still has the file of which the server once said this. If not, the answer is the file, and the source
 * goes on with it: it has to be opened then.
 * @throws NetworkError `NET_*`, or an `AbortError`
 */
export async function askServer(
  source: HttpSource,
  known: Validators,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const download = source.download(signal);
  const found = await download.send(conditions(known, source.url));
  if (download.unchanged || isSame(known, found)) {
    download.cancel();
    return true;
  }
  source.begun = download;
  return false;
}

/**
 * Headers of a conditional request. To another origin than the page's they would need the server's consent (CORS),
 * which few give; there, what it says of the whole file is compared.
 */
function conditions({ etag, lastModified }: Validators, url: string): Record<string, string> {
  const { location } = globalThis as { location?: { origin?: string } };
  if (location?.origin !== undefined && location.origin !== new URL(url).origin) return {};
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

/** A date alone says nothing of two versions within a second, but servers without tags have nothing else. */
function isSame(known: Validators, found: Validators): boolean {
  if (known.etag !== undefined || found.etag !== undefined) return known.etag === found.etag;
  return known.lastModified !== undefined && known.lastModified === found.lastModified;
}
