/** How much of a checkpoint has arrived. */
export interface DownloadProgress {
  /** `download` over a network, `read` from a file, memory or the cache. */
  readonly phase: 'download' | 'read';
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes of the whole file, known at the latest when its header has been read. */
  readonly total: number | undefined;
}

/**
 * How far a load is, from its first bytes to a model that is ready. Kernels are compiled while bytes come in; of them
 * is told when these are there.
 */
export interface LoadProgress {
  /** `download` or `read`, then `compile`, then once `ready`. */
  readonly phase: DownloadProgress['phase'] | 'compile' | 'ready';
  /** Of `download` and `read`, bytes of the file so far; of `compile`, kernels; of `ready`, bytes on the GPU. */
  readonly loaded: number;
  /** As many as `loaded` becomes in its phase; of a file known at the latest when its header has been read. */
  readonly total: number | undefined;
}
