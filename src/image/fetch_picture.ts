import { parts } from '../parts.js';

/** Longest encoded picture that is fetched, in bytes. */
const MAX_BYTES = 2 ** 29;

/**
 * A picture at a URL, named by its URL without secrets. It is asked for as the page itself asks: with cookies on its
 * own origin, and from the browser's cache where that has it.
 * @throws NetworkError `NET_*` of `fetchSmallFile`, or an `AbortError`
 */
export async function fetchPicture(url: string | URL, signal: AbortSignal | undefined): Promise<File> {
  const { fetchSmallFile } = await parts.downloads();
  const name = displayName(url);
  const options = { phase: 'image', credentials: 'same-origin', cacheMode: 'default' } as const;
  const { bytes, type } = await fetchSmallFile(String(url), name, { maxBytes: MAX_BYTES }, options, signal);
  return new File([bytes], name, { type });
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
