import type { Origin } from './cache.js';
import { Sha256 } from '../fetch/sha256.js';

/** Entries need an http URL; this name can never be a host (RFC 2606). */
const ORIGIN = 'https://depthwise.invalid';

/** Says where a complete file lies; written after the last piece, so that a file without one is not there. */
export interface Manifest {
  readonly folder: string;
  /** Bytes of each piece, in order. */
  readonly pieces: readonly number[];
  /** Digest of all pieces, one after the other. */
  readonly sha256: string;
  readonly origin?: Origin | undefined;
  /** Milliseconds since 1970. */
  readonly stored?: number | undefined;
}

/** Keys come from outside: they are hashed, never spelled into a URL. */
export function manifestUrl(key: string): string {
  return `${ORIGIN}/${new Sha256().update(new TextEncoder().encode(key)).digest()}`;
}

/** A manifest; undefined where there is none, or none that can be read. */
export async function readManifest(cache: Cache, url: string): Promise<Manifest | undefined> {
  const manifest: unknown = await (await cache.match(url))?.json().catch(() => undefined);
  return isManifest(manifest) ? manifest : undefined;
}

/** Bytes of a whole file. */
export function sizeOf({ pieces }: Manifest): number {
  return pieces.reduce((sum, bytes) => sum + bytes, 0);
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { folder, pieces, sha256, stored } = value as Partial<Record<keyof Manifest, unknown>>;
  return (
    typeof folder === 'string' &&
    typeof sha256 === 'string' &&
    (stored === undefined || Number.isSafeInteger(stored)) &&
    Array.isArray(pieces) &&
    pieces.every((bytes) => Number.isSafeInteger(bytes) && bytes > 0)
  );
}
