import type { SafetensorsDType } from './safetensors.js';

/** Element types of files. Only some of them can be weights: see decode.ts. */
export type TensorDType = SafetensorsDType;

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

/** A tensor and its little-endian values, row by row. */
export interface TensorValues {
  readonly entry: TensorEntry;
  readonly bytes: Uint8Array;
}
