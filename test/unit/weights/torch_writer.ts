import { crc32, deflateRawSync } from 'node:zlib';

/** A tensor to write: all of a storage of its own. */
export interface WrittenTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Of the view, where it is not the whole storage row by row. */
  readonly strides?: readonly number[];
  readonly offset?: number;
}

export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
}

const text = (value: string) => Buffer.from(value, 'latin1');
/** Four bytes, the lowest first. */
export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** Opcodes of protocol 2, as Python's pickler writes them. */
export const op = {
  proto: (version = 2) => Buffer.of(0x80, version),
  global: (name: string) => text(`c${name.replace(/\.([^.]*)$/, '\n$1')}\n`),
  string: (value: string) => Buffer.concat([text('X'), u32(Buffer.byteLength(value)), Buffer.from(value)]),
  int: (value: number) => Buffer.concat([text('J'), u32(value)]),
  tuple: (...items: Uint8Array[]) => Buffer.concat([text('('), ...items, text('t')]),
  dict: (...items: Uint8Array[]) => Buffer.concat([text('}('), ...items, text('u')]),
  ordered: (...items: Uint8Array[]) =>
    Buffer.concat([op.global('collections.OrderedDict'), text(')R('), ...items, text('u')]),
  storage: (key: string, numel: number, type = 'torch.FloatStorage', ...more: Uint8Array[]) =>
    Buffer.concat([
      op.tuple(op.string('storage'), op.global(type), op.string(key), op.string('cpu'), op.int(numel), ...more),
      text('Q'),
    ]),
  tensor: (storage: Uint8Array, offset: number, shape: readonly number[], strides: readonly number[]) =>
    Buffer.concat([
      op.global('torch._utils._rebuild_tensor_v2'),
      op.tuple(
        storage,
        op.int(offset),
        op.tuple(...shape.map(op.int)),
        op.tuple(...strides.map(op.int)),
        text('\x89'),
        op.ordered(),
      ),
      text('R'),
    ]),
  pickle: (value: Uint8Array) => Buffer.concat([op.proto(), value, text('.')]),
};

function rowStrides(shape: readonly number[]): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((n, size) => n * size, 1));
}

/**
 * The value of a state dict: storage `i` belongs to the tensor `i`. @param more members of each persistent id behind
 * the fifth
 */
export function stateDict(tensors: Readonly<Record<string, WrittenTensor>>, ...more: Uint8Array[]): Uint8Array {
  return op.ordered(
    ...Object.entries(tensors).flatMap(([name, { shape, values, strides, offset = 0 }], i) => [
      op.string(name),
      op.tensor(
        op.storage(String(i), values.length, 'torch.FloatStorage', ...more),
        offset,
        shape,
        strides ?? rowStrides(shape),
      ),
    ]),
  );
}

const raw = ({ values }: WrittenTensor) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The entries of a file of `torch.save`. */
export function torchParts(
  tensors: Readonly<Record<string, WrittenTensor>>,
  pickle: Uint8Array = op.pickle(stateDict(tensors)),
): ZipPart[] {
  return [
    { name: 'archive/data.pkl', data: pickle },
    { name: 'archive/byteorder', data: text('little') },
    ...Object.values(tensors).map((tensor, i) => ({ name: `archive/data/${i}`, data: raw(tensor) })),
    { name: 'archive/version', data: text('3\n') },
  ];
}

/** The record behind an entry whose header has its sizes too. */
export type Repeat = (crc: number, packed: number, size: number) => Buffer;

/**
 * A zip archive as PyTorch writes it: sizes and CRC of an entry follow its data. Others write them before it.
 */
export function zip(
  parts: readonly ZipPart[],
  {
    flags = 0x0808,
    deflate = false,
    follows = !deflate,
    repeats,
  }: { flags?: number; deflate?: boolean; follows?: boolean; repeats?: Repeat } = {},
): Buffer {
  const chunks: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const add = (bytes: Buffer) => {
    chunks.push(bytes);
    at += bytes.length;
  };
  for (const { name, data } of parts) {
    const begin = at;
    const crc = crc32(data);
    const body = deflate ? deflateRawSync(data) : data;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(data.length === 0 || (!follows && !repeats) ? flags & ~8 : flags, 6);
    if (!follows) {
      local.writeUInt32LE(crc, 14);
      local.writeUInt16LE(deflate ? 8 : 0, 8);
      local.writeUInt32LE(body.length, 18);
      local.writeUInt32LE(data.length, 22);
    }
    local.writeUInt16LE(name.length, 26);
    add(Buffer.concat([local, text(name), body]));
    if (data.length > 0 && follows)
      add(Buffer.concat([text('PK\x07\x08'), u32(crc), u32(data.length), u32(data.length)]));
    if (data.length > 0 && repeats) add(repeats(crc, body.length, data.length));
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(flags, 8);
    central.writeUInt32LE(crc, 16);
    central.writeUInt16LE(deflate ? 8 : 0, 10);
    central.writeUInt32LE(body.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(begin, 42);
    directory.push(central, text(name));
  }
  const begin = at;
  add(Buffer.concat(directory));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(at - begin, 12);
  end.writeUInt32LE(begin, 16);
  add(end);
  return Buffer.concat(chunks);
}

/** A file as PyTorch wrote it before 1.6. */
export function legacy(
  tensors: Readonly<Record<string, WrittenTensor>>,
  { value = stateDict(tensors, text('N')), littleEndian = true, counts = (n: number) => n } = {},
): Buffer {
  const system = op.dict(op.string('little_endian'), text(littleEndian ? '\x88' : '\x89'));
  const keys = Object.keys(tensors).map((_, i) => op.string(String(i)));
  const storages = Object.values(tensors).flatMap((tensor) => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(counts(tensor.values.length)));
    return [count, raw(tensor)];
  });
  return Buffer.concat([
    Buffer.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
    op.pickle(op.int(1001)),
    op.pickle(system),
    op.pickle(value),
    op.pickle(Buffer.concat([text(']('), ...keys, text('e')])),
    ...storages,
  ]);
}
