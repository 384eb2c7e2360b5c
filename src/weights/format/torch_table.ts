import { quote, WeightsFormatError } from '../../errors.js';
import { numel } from '../../tensor.js';
import { Storage, TensorView, Tuple, type Dict, type Pickled, showPickled } from './pickled.js';
import type { TensorDType, TensorEntry, TensorTable } from './tensor_table.js';

/** Where a training dump keeps its weights, in the order they are looked for. */
const WEIGHTS_KEYS = ['state_dict', 'model', 'model_state_dict', 'ema'];
/**
 * Most tensors of a file, and most bytes that a view may take beyond those of its storage: a view can repeat elements.
 */
const MAX_TENSORS = 100_000;
const MAX_VIEW_BYTES = 64 * 1024 * 1024;
/** How much larger all tensors together may be than all storages: some share one, and views repeat elements. */
const MAX_SHARING = 4;

const BYTES: Readonly<Partial<Record<TensorDType, number>>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Bytes of one element. */
export function itemBytes(dtype: TensorDType): number {
  return BYTES[dtype] as number;
}

/** A tensor of a PyTorch file, and where its values are. */
export interface TorchTensor {
  readonly entry: TensorEntry;
  readonly view: TensorView;
}

/** What the pickle of a PyTorch file describes. */
export interface TorchTable {
  /** The weights by the key of the storage they are views of. */
  readonly views: ReadonlyMap<string, readonly TorchTensor[]>;
  /** Bytes and elements of every storage of the file by its key, those of an optimizer's state too. */
  readonly storages: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Finds the weights in what a pickle holds: a dict of tensors, or one under a name that training dumps use.
 * @throws WeightsFormatError `PT_LAYOUT`, `PT_STORAGE`, `PT_VIEW`, `PT_LIMIT`
 */
export function torchTable(value: Pickled, source: string): TorchTable {
  const found = storagesOf(value, source);
  const storages = new Map([...found].map(([key, { dtype, total }]) => [key, total * itemBytes(dtype)]));
  const counts = new Map([...found].map(([key, { total }]) => [key, total]));
  const weights = findWeights(value, source);
  if (weights.size > MAX_TENSORS) {
    throw new WeightsFormatError(
      'PT_LIMIT',
      `${source}: the file has ${weights.size} tensors; at most ${MAX_TENSORS} are accepted.`,
      { source, limit: 'maxTensors', expected: MAX_TENSORS, actual: weights.size },
    );
  }
  const views = new Map<string, TorchTensor[]>();
  for (const [name, view] of weights) {
    checkBytes(name, view, storages.get(view.storage.key) as number, source);
    const tensor = { entry: { name, dtype: view.storage.dtype, shape: view.shape }, view };
    const known = views.get(view.storage.key);
    if (known) known.push(tensor);
    else views.set(view.storage.key, [tensor]);
  }
  checkSum(weights, storages, source);
  return { views, storages, counts };
}

/** The weights by name, storage after storage. */
export function tableOf({ views }: TorchTable, keys: readonly string[]): TensorTable {
  const entries = keys.flatMap((key) => views.get(key) ?? []).map(({ entry }) => [entry.name, entry] as const);
  return { tensors: new Map(entries), metadata: new Map() };
}

/** The bytes of a tensor in order, row by row: a view where they lie so in the storage, else a copy. */
export function gather(
  storage: Uint8Array,
  { storage: { dtype, start }, offset, shape, strides }: TensorView,
): Uint8Array {
  const item = itemBytes(dtype);
  const count = numel(shape);
  const first = start + offset;
  if (isContiguous(shape, strides)) return storage.subarray(first * item, (first + count) * item);
  const bytes = new Uint8Array(count * item);
  const [from, to] = [elements(storage, item), elements(bytes, item)] as [Uint32Array, Uint32Array];
  const index = shape.map(() => 0);
  const last = shape.length - 1;
  let at = first;
  for (let i = 0; i < count; i++) {
    to[i] = from[at] as number;
    // The next element: the last dimension runs fastest.
    for (let d = last; d >= 0; d--) {
      at += strides[d] as number;
      if (++(index[d] as number) < (shape[d] as number)) break;
      at -= (strides[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
  return bytes;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) return shape.includes(0);
    expected *= shape[d] as number;
  }
  return true;
}

/** Elements as numbers of their size, whose bits are kept. */
function elements(bytes: Uint8Array, item: number): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % item === 0 ? bytes : new Uint8Array(bytes);
  const Elements = item === 8 ? BigUint64Array : item === 4 ? Uint32Array : item === 2 ? Uint16Array : Uint8Array;
  return new Elements(buffer as ArrayBuffer, byteOffset, Math.floor(length / item));
}

/** Every storage there is, wherever it stands; shared and circular values are looked at once. */
function storagesOf(value: Pickled, source: string): Map<string, Storage> {
  const found = new Map<string, Storage>();
  const seen = new Set<Pickled>();
  const open: Pickled[] = [value];
  for (const next of open) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Map) for (const [key, item] of next) open.push(key, item);
    else if (Array.isArray(next)) for (const item of next) open.push(item);
    else if (next instanceof Tuple) for (const item of next.items) open.push(item);
    else if (next instanceof TensorView) open.push(next.storage);
    else if (next instanceof Storage) note(next);
  }
  return found;

  function note(storage: Storage): void {
    const known = found.get(storage.key);
    if (!known) return void found.set(storage.key, storage);
    if (known.dtype === storage.dtype && known.total === storage.total) return;
    throw new WeightsFormatError(
      'PT_STORAGE',
      `${source}: storage ${quote(storage.key)} is ${known.total} values of ${known.dtype}, and ` +
        `${storage.total} of ${storage.dtype}.`,
      { source, expected: known.total, actual: storage.total },
    );
  }
}

function findWeights(value: Pickled, source: string): Map<string, TensorView> {
  const whole = asWeights(value);
  if (whole) return whole;
  const dict: Dict = value instanceof Map ? value : new Map();
  for (const key of WEIGHTS_KEYS) {
    const weights = asWeights(dict.get(key));
    if (weights) return weights;
  }
  const keys = [...dict.keys()].slice(0, 10).map((key) => quote(showPickled(key)));
  throw new WeightsFormatError('PT_LAYOUT', `${source}: the file has no dict of tensors.`, {
    source,
    hint:
      keys.length > 0
        ? `It has ${keys.join(', ')}; weights are looked for at the top and under ${WEIGHTS_KEYS.join(', ')}.`
        : '',
    expected: WEIGHTS_KEYS,
    actual: keys,
  });
}

/** A dict of nothing but tensors under names; undefined for any other value. */
function asWeights(value: Pickled | undefined): Map<string, TensorView> | undefined {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  for (const [key, item] of value) if (typeof key !== 'string' || !(item instanceof TensorView)) return undefined;
  return value as Map<string, TensorView>;
}

/** Of many tensors that share what the file holds once. @throws WeightsFormatError `PT_LIMIT` */
function checkSum(
  weights: ReadonlyMap<string, TensorView>,
  storages: ReadonlyMap<string, number>,
  source: string,
): void {
  const sum = (bytes: Iterable<number>): number => [...bytes].reduce((total, each) => total + each, 0);
  const all = sum([...weights.values()].map(({ storage, shape }) => numel(shape) * itemBytes(storage.dtype)));
  const held = sum(storages.values());
  const most = Math.max(MAX_SHARING * held, MAX_VIEW_BYTES);
  if (all <= most) return;
  throw new WeightsFormatError(
    'PT_LIMIT',
    `${source}: the tensors take ${all} bytes of storages that have ${held}; at most ${most} are accepted.`,
    { source, limit: 'bytes of all tensors', expected: most, actual: all },
  );
}

function checkBytes(name: string, { storage, shape }: TensorView, storageBytes: number, source: string): void {
  const bytes = numel(shape) * itemBytes(storage.dtype);
  const most = Math.max(storageBytes, MAX_VIEW_BYTES);
  if (bytes <= most) return;
  throw new WeightsFormatError(
    'PT_VIEW',
    `${source}: tensor ${quote(name)} [${shape.join(', ')}] repeats ${storageBytes} bytes to ` +
      `${bytes}; at most ${most} are accepted.`,
    { source, tensor: name, limit: 'bytes of a view', expected: most, actual: bytes },
  );
}
