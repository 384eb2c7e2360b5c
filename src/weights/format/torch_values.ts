import type { ErrorCode } from '../../error_codes.js';
import { quote, type WeightsFormatError } from '../../errors.js';
import { GlobalName, Storage, TensorView, Tuple, type Pickled } from './pickled.js';
import type { TensorDType } from './tensor_table.js';

/** Makes an error that says where in the pickle the fault is. */
export type Fault = (code: ErrorCode, what: string, expected?: unknown, actual?: unknown) => WeightsFormatError;

/** Most dimensions of a tensor. */
const MAX_DIMENSIONS = 8;

const STORAGES: Readonly<Record<string, TensorDType>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};
export const ORDERED_DICT = 'collections.OrderedDict';
export const REBUILD_OLD = 'torch._utils._rebuild_tensor';
export const REBUILD = 'torch._utils._rebuild_tensor_v2';
export const PARAMETER = 'torch._utils._rebuild_parameter';
/** The names that a state dict refers to; any other is refused. */
export const GLOBALS = new Set([
  ORDERED_DICT,
  REBUILD_OLD,
  REBUILD,
  PARAMETER,
  ...Object.keys(STORAGES).map((name) => `torch.${name}`),
]);

/** Names that only tensors of other kinds refer to, and what is said of such a tensor. */
export const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^torch\.(?:_utils\._rebuild_qtensor|Q\w+Storage)$/, 'is quantised: save it dequantised'],
  [/^torch\._utils\._rebuild_sparse\w*$/, 'is sparse: save it dense'],
  [/^torch\._utils\._rebuild_meta_tensor\w*$/, 'is a meta tensor, which has no values'],
  [/^torch\.(?:_tensor\._rebuild_from_type\w*|_utils\._rebuild_\w+)$/, 'is of a class of its own: save it plain'],
  [/^torch\.(?:\w+|storage\.\w+)Storage$/, 'has values of a type that is not read: save it as float32'],
];

/** The tensor that a rebuild function would make. @throws what `fault` makes: `PT_VIEW`, `PT_LIMIT` */
export function tensorOf([storage, offset, size, stride]: readonly Pickled[], fault: Fault): TensorView {
  const shape = countsOf(size, fault);
  const strides = countsOf(stride, fault);
  if (!(storage instanceof Storage) || !isCount(offset) || shape.length !== strides.length) {
    throw fault('PT_VIEW', 'a tensor has no storage, or not as many strides as dimensions');
  }
  if (shape.length > MAX_DIMENSIONS) {
    throw fault(
      'PT_LIMIT',
      `${shape.length} dimensions of a tensor; at most ${MAX_DIMENSIONS} are accepted`,
      MAX_DIMENSIONS,
      shape.length,
    );
  }
  const last = shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] as number), offset);
  const empty = shape.includes(0);
  if (!empty && !(last < storage.numel)) {
    throw fault(
      'PT_VIEW',
      `a tensor [${shape.join(', ')}] reaches element ${last} of storage ${quote(storage.key)}, ` +
        `which has ${storage.numel}`,
      storage.numel,
      last,
    );
  }
  return new TensorView(storage, offset, shape, strides);
}

function countsOf(value: Pickled | undefined, fault: Fault): number[] {
  const items = value instanceof Tuple ? value.items : undefined;
  if (items?.every(isCount)) return items as number[];
  throw fault('PT_VIEW', 'the shape or strides of a tensor are no tuple of counts');
}

/** The storage that a persistent id names. @throws what `fault` makes: `PT_STORAGE` */
export function storageOf(id: Pickled, fault: Fault): Storage {
  const [tag, type, key, , numel, window] = id instanceof Tuple ? id.items : [];
  const dtype = type instanceof GlobalName ? STORAGES[type.name.replace(/^torch\./, '')] : undefined;
  if (tag !== 'storage' || !dtype || typeof key !== 'string' || !/^[0-9]{1,20}$/.test(key) || !isCount(numel)) {
    throw fault('PT_STORAGE', 'a persistent id is not ("storage", class, key, location, numel)');
  }
  if (!(window instanceof Tuple)) return new Storage(key, dtype, numel);
  const [, start, count] = window.items;
  if (isCount(start) && isCount(count) && start + count <= numel) return new Storage(key, dtype, count, numel, start);
  throw fault('PT_STORAGE', 'a window of a storage reaches past its end', numel, window.items.slice(1));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
