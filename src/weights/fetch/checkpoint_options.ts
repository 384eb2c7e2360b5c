import type { Warning } from '../../warnings.js';
import type { WeightsCache } from '../cache/cache.js';
import type { HeaderOptions } from '../format/safetensors.js';
import type { ByteSource, Expected } from './byte_source.js';
import type { HttpOptions } from './http_request.js';
import type { DownloadProgress } from './progress.js';
import type { Hasher } from './sha256.js';
import type { SourceOptions } from './source.js';

/** A URL or `hf:org/repo@revision[/file]`, a file, bytes in memory, or anything that can be opened as a stream. */
export type CheckpointSource = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

export interface CheckpointOptions extends SourceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told of faults that do not stop the load, such as a full cache. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** What the registry knows of the file; anything else is refused. */
  readonly expected?: Expected | undefined;
  readonly cache?: WeightsCache | undefined;
  readonly header?: HeaderOptions | undefined;
  readonly http?: HttpOptions | undefined;
  /** A faster SHA-256 where the platform has one that streams. */
  readonly createHasher?: (() => Hasher) | undefined;
}
