/** How much of a checkpoint has arrived. */
export interface DownloadProgress {
  /** `download` over a network, `read` from a file, memory or the cache. */
  readonly phase: 'download' | 'read';
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes of the whole file, known at the latest when its header has been read. */
  readonly total: number | undefined;
}
