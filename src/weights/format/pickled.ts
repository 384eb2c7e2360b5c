import type { TensorDType } from './tensor_table.js';

/**
 * What a state dict can hold. Nothing in a pickle is ever called: a tensor is a description of where its numbers are.
 */
export type Pickled = null | boolean | number | string | Pickled[] | Tuple | Dict | GlobalName | Storage | TensorView;
export type Dict = Map<Pickled, Pickled>;

export class Tuple {
  readonly items: readonly Pickled[];
  constructor(items: readonly Pickled[]) {
    this.items = items;
  }
}

/** A name that a pickle refers to, such as `collections.OrderedDict`. */
export class GlobalName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Elements that lie together in the file; tensors are views of them. */
export class Storage {
  readonly key: string;
  readonly dtype: TensorDType;
  readonly numel: number;
  /**
   * Elements of all that lies under the key, of which this is a window that begins at `start`; nearly always the whole.
   */
  readonly total: number;
  readonly start: number;
  constructor(key: string, dtype: TensorDType, numel: number, total = numel, start = 0) {
    this.key = key;
    this.dtype = dtype;
    this.numel = numel;
    this.total = total;
    this.start = start;
  }
}

/** A tensor: offset and strides count elements of the storage. */
export class TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A value for a message: a short one as it is, any other by its kind, as it may be of any depth. */
export function showPickled(value: Pickled | undefined): string {
  if (value instanceof Map) return 'a dict';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
