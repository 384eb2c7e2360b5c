import type { DownloadProgress } from '../fetch/progress.js';

/** Element types of files, in the words of safetensors. Only some of them can be weights: see decode.ts. */
export type TensorDType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'I32'
  | 'U64'
  | 'I64'
  | 'F4'
  | 'F6_E2M3'
  | 'F6_E3M2'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'F8_E8M0'
  | 'F8_E4M3FNUZ'
  | 'F8_E5M2FNUZ'
  | 'F16'
  | 'BF16'
  | 'F32'
  | 'F64'
  | 'C64';

/** A tensor of a file, whatever its format. */
export interface TensorEntry {
  /** As spelled in the file. */
  readonly name: string;
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
}

/** The tensors of a file, in the order of their bytes. */
export interface TensorTable {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor and its little-endian values, row by row, at any alignment; they may be a view of a larger chunk. */
export interface TensorValues {
  readonly entry: TensorEntry;
  readonly bytes: Uint8Array;
}

/** A file of tensors that is read from its start. */
export interface TensorFile {
  readonly table: TensorTable;
  /** Bytes of the whole file, where its header tells. */
  readonly bytes?: number | undefined;
  /** The tensors in file order, once; ends where the file should. */
  tensors(): AsyncGenerator<TensorValues, void, undefined>;
  /** Stops the reading of other files, for an index of shards. */
  close?(): Promise<void>;
}

/** One of several files of weights, which is read as a file by itself. */
export interface Shard {
  readonly table: TensorTable;
  tensors(): AsyncGenerator<TensorValues, void, undefined>;
  close(): Promise<void>;
  /** What to throw for an error that may come of a damaged copy in a cache. */
  explain(error: unknown): Promise<unknown>;
}

/**
 * Opens the file of a path that is relative to the index.
 * @param watch sees the progress of this file; what it returns is reported
 */
export type OpenShard = (
  path: string,
  watch: (progress: DownloadProgress) => DownloadProgress | void,
) => Promise<Shard>;
