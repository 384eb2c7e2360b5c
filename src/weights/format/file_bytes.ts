/** A file that is read from its start, once. */
export interface FileBytes {
  /** File name or URL, for messages. */
  readonly source: string;
  /** The next bytes. @throws WeightsFormatError `ST_TRUNCATED` where the file ends before */
  take(length: number): Promise<Uint8Array>;
  /** The next bytes, or as many as are left. */
  takeUpTo(length: number): Promise<Uint8Array>;
}
