import { describe, expect, it } from 'vitest';
import { openTorchBytes } from './torch_bytes.js';
import { readMutations } from './torch_mutations.js';
import { legacy, op, stateDict, torchParts, u32, zip, type Repeat, type WrittenTensor } from './torch_writer.js';

const wholes = (count: number) => Float32Array.from({ length: count }, (_, i) => i);
const TENSORS: Readonly<Record<string, WrittenTensor>> = {
  weight: { shape: [2, 3], values: wholes(6) },
  transposed: { shape: [3, 2], values: wholes(6), strides: [1, 3] },
  window: { shape: [2, 2], values: wholes(9), strides: [3, 1], offset: 4 },
  repeated: { shape: [4, 2], values: wholes(2), strides: [0, 1] },
  scalar: { shape: [], values: wholes(1) },
  nothing: { shape: [0, 3], values: wholes(0) },
};
const EXPECTED = {
  weight: [0, 1, 2, 3, 4, 5],
  transposed: [0, 3, 1, 4, 2, 5],
  window: [4, 5, 7, 8],
  repeated: [0, 1, 0, 1, 0, 1, 0, 1],
  scalar: [0],
  nothing: [],
};

async function read(data: Uint8Array): Promise<Record<string, number[]>> {
  const torch = await openTorchBytes(data);
  const found: Record<string, number[]> = {};
  for await (const { entry, bytes } of torch.tensors())
    found[entry.name] = [...new Float32Array(Uint8Array.from(bytes).buffer)];
  return found;
}

const one = { weight: { shape: [2], values: wholes(2) } };
const zipOf = (value: Uint8Array) => zip(torchParts(one, op.pickle(value)));
const bytes = (...codes: number[]) => Buffer.from(codes);
const weightOf = (tensor: Uint8Array) => op.dict(op.string('weight'), tensor);
const view = (shape: number[], strides: number[], offset = 0) =>
  weightOf(op.tensor(op.storage('0', 2), offset, shape, strides));
const system = Buffer.concat([op.global('posix.system'), op.tuple(op.string('touch /tmp/owned')), bytes(0x52)]);

describe('a PyTorch file', () => {
  it.each([
    ['zip', zip(torchParts(TENSORS))],
    ['legacy', legacy(TENSORS)],
  ])('in %s form is read, views of every kind included', async (_form, data) => {
    expect(await read(data)).toEqual(EXPECTED);
  });

  it(
    'is read again from its start where its storages stand before the pickle, as long as ' +
      'their headers tell their size',
    async () => {
      const parts = torchParts(one);
      await expect(read(zip([...parts.slice(2), ...parts.slice(0, 2)]))).resolves.toEqual({ weight: [0, 1] });
    },
  );

  const u64 = (value: number) => {
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(BigInt(value));
    return field;
  };
  const signature = Buffer.from('PK\x07\x08');
  it.each<[string, Repeat]>([
    ['of four-byte sizes', (crc, packed, size) => Buffer.concat([signature, u32(crc), u32(packed), u32(size)])],
    ['of eight-byte sizes', (crc, packed, size) => Buffer.concat([signature, u32(crc), u64(packed), u64(size)])],
    ['without a signature', (crc, packed, size) => Buffer.concat([u32(crc), u32(packed), u32(size)])],
    ['without a signature, of eight bytes', (crc, packed, size) => Buffer.concat([u32(crc), u64(packed), u64(size)])],
    ['that was only announced', () => Buffer.alloc(0)],
  ])('with sizes in its headers and a record %s behind its data is read, packed and not', async (_, repeats) => {
    for (const deflate of [false, true])
      expect(await read(zip(torchParts(TENSORS), { deflate, follows: false, repeats }))).toEqual(EXPECTED);
  });

  it.each<[string, string, Repeat]>([
    [
      'another CRC',
      'PT_ZIP_MISMATCH',
      (crc, packed, size) => Buffer.concat([signature, u32((crc ^ 1) >>> 0), u32(packed), u32(size)]),
    ],
    [
      'another size',
      'PT_ZIP_MISMATCH',
      (crc, packed, size) => Buffer.concat([signature, u32(crc), u32(packed), u32(size + 1)]),
    ],
    ['no record but other bytes', 'PT_ZIP', () => Buffer.from('something else')],
  ])('with a record behind its data that says %s is refused by %s', async (_, code, repeats) => {
    await expect(read(zip(torchParts(one), { follows: false, repeats }))).rejects.toMatchObject({ code });
  });

  it.each([
    ['under state_dict', op.dict(op.string('epoch'), op.int(3), op.string('state_dict'), stateDict(one))],
    ['under model', op.dict(op.string('model'), stateDict(one), op.string('optimizer'), op.dict())],
  ])('holds weights %s', async (_where, value) => {
    expect(await read(zipOf(value))).toEqual({ weight: [0, 1] });
  });

  it.each([
    [
      'a name that is none of a state dict',
      'PT_FORBIDDEN_SYMBOL',
      /byte 2 of the pickle.*"posix\.system".*Nothing in the file was run/,
      zipOf(system),
    ],
    [
      'the same behind the weights',
      'PT_FORBIDDEN_SYMBOL',
      /"builtins\.eval"/,
      zipOf(op.dict(op.string('a'), stateDict(one), op.string('b'), op.global('builtins.eval'))),
    ],
    ['an opcode of protocol 4', 'PT_OPCODE', /STACK_GLOBAL \(0x93\)/, zipOf(bytes(0x93))],
    ['an unknown opcode', 'PT_OPCODE', /0xff/, zipOf(bytes(0xff))],
    [
      'a call of a storage class',
      'PT_REDUCE',
      /torch\.FloatStorage/,
      zipOf(Buffer.concat([op.global('torch.FloatStorage'), bytes(0x29, 0x52)])),
    ],
    [
      'a rebuild with too few arguments',
      'PT_REDUCE',
      /_rebuild_tensor_v2/,
      zipOf(Buffer.concat([op.global('torch._utils._rebuild_tensor_v2'), op.tuple(op.int(1)), bytes(0x52)])),
    ],
    [
      'an item set on a list',
      'PT_TYPE',
      /SETITEM/,
      zipOf(Buffer.concat([bytes(0x5d), op.int(1), op.int(2), bytes(0x73)])),
    ],
    ['an empty stack', 'PT_CORRUPT', /stack is empty/, zipOf(bytes(0x61))],
    ['a value that was never kept', 'PT_CORRUPT', /kept under 7/, zipOf(bytes(0x68, 7))],
    ['two values', 'PT_CORRUPT', /2 values instead of one/, zipOf(Buffer.concat([op.int(1), op.int(2)]))],
    [
      'a storage id of another kind',
      'PT_STORAGE',
      /persistent id/,
      zipOf(Buffer.concat([op.tuple(op.string('module')), bytes(0x51)])),
    ],
    [
      'a key that is a path',
      'PT_STORAGE',
      /persistent id/,
      zipOf(weightOf(op.tensor(op.storage('../0', 2), 0, [2], [1]))),
    ],
    [
      'a storage of two types',
      'PT_STORAGE',
      /"0".*F32.*F16/,
      zipOf(
        op.dict(
          op.string('a'),
          op.tensor(op.storage('0', 2), 0, [2], [1]),
          op.string('b'),
          op.tensor(op.storage('0', 2, 'torch.HalfStorage'), 0, [2], [1]),
        ),
      ),
    ],
    [
      'a storage that is not there',
      'PT_STORAGE',
      /"5" is not in the file/,
      zipOf(weightOf(op.tensor(op.storage('5', 2), 0, [2], [1]))),
    ],
    [
      'a storage of another size',
      'PT_STORAGE_SIZE',
      /should have 12 bytes.*has 8/,
      zipOf(weightOf(op.tensor(op.storage('0', 3), 0, [3], [1]))),
    ],
    ['a view past its storage', 'PT_VIEW', /reaches element 2.*has 2/, zipOf(view([3], [1]))],
    ['a view that begins past its storage', 'PT_VIEW', /reaches element 9/, zipOf(view([1], [1], 9))],
    [
      'a view that makes 4 GB of 8 bytes',
      'PT_VIEW',
      /repeats 8 bytes to 4000000000.*at most 67108864/,
      zipOf(view([500_000_000, 2], [0, 1])),
    ],
    [
      'more dimensions than any tensor',
      'PT_LIMIT',
      /9 dimensions of a tensor; at most 8/,
      zipOf(view(new Array(9).fill(1) as number[], new Array(9).fill(1) as number[])),
    ],
    ['a negative offset', 'PT_VIEW', /no storage/, zipOf(view([1], [1], 0xffffffff))],
    ['no dict of tensors', 'PT_LAYOUT', /no dict of tensors.*"epoch"/, zipOf(op.dict(op.string('epoch'), op.int(3)))],
    [
      'a key that is no name',
      'PT_LAYOUT',
      /no dict of tensors/,
      zipOf(op.dict(op.int(1), op.tensor(op.storage('0', 2), 0, [2], [1]))),
    ],
    [
      'a string longer than any pickle',
      'PT_LIMIT',
      /2147483647 bytes of a string/,
      zipOf(bytes(0x58, 0xff, 0xff, 0xff, 0x7f)),
    ],
  ])('with %s is refused by %s', async (_what, code, words, data) => {
    await expect(read(data)).rejects.toMatchObject({
      name: 'WeightsFormatError',
      code,
      message: expect.stringMatching(words),
    });
  });

  const parts = torchParts(one);
  const damaged = Buffer.from(zip(parts));
  damaged[damaged.indexOf(Buffer.from(one.weight.values.buffer)) + 4]! ^= 1;
  const renamed = Buffer.from(zip(parts));
  renamed[renamed.lastIndexOf('archive/version')]! ^= 1;
  const packed = Buffer.from(zip(parts));
  packed.writeUInt16LE(8, 8);
  const longer = Buffer.from(zip(parts, { follows: false }));
  longer.writeUInt32LE(longer.readUInt32LE(18) + 1, 18);
  it.each([
    ['a packed entry', 'PT_ZIP_METHOD', /is packed by method 8/, packed],
    ['an entry that takes more than it holds', 'PT_ZIP_RANGE', /not packed, but takes/, longer],
    ['damaged data', 'PT_ZIP_CRC', /"archive\/data\/0" is damaged/, damaged],
    ['an encrypted entry', 'PT_ZIP_FLAGS', /encrypted/, zip(parts, { flags: 0x0809 })],
    ['a directory that disagrees', 'PT_ZIP_MISMATCH', /rchive\/version/, renamed],
    [
      'two entries of one name',
      'PT_ZIP_NAME',
      /two entries "archive\/byteorder"/,
      zip([...parts.slice(0, 2), ...parts.slice(1)]),
    ],
    ['two folders', 'PT_ZIP_NAME', /outside of "archive"/, zip([...parts, { name: 'other/x', data: bytes(1) }])],
    [
      'a name that climbs',
      'PT_ZIP_NAME',
      /archive\/\.\.\/x/,
      zip([{ name: 'archive/../x', data: bytes(1) }, ...parts]),
    ],
    ['no pickle', 'PT_NO_PICKLE', /no data\.pkl/, zip([{ name: 'a/b', data: bytes(1) }])],
    ['a program', 'PT_TORCHSCRIPT', /TorchScript/, zip([{ name: 'archive/code/x.py', data: bytes(1) }, ...parts])],
    [
      'big-endian numbers',
      'PT_BYTEORDER',
      /"big"-endian/,
      zip(parts.map((part) => (part.name.endsWith('byteorder') ? { ...part, data: Buffer.from('big') } : part))),
    ],
    [
      'a layout of the future',
      'PT_VERSION',
      /layout "11"/,
      zip(parts.map((part) => (part.name.endsWith('version') ? { ...part, data: Buffer.from('11\n') } : part))),
    ],
    ['a cut end', 'ST_TRUNCATED', /ends early/, zip(parts).subarray(0, -5)],
    [
      'bytes of something else inside',
      'PT_ZIP',
      /no entry begins/,
      Buffer.concat([
        zip(parts).subarray(0, zip(parts).indexOf('PK\x01\x02')),
        Buffer.from('something else'),
        zip(parts),
      ]),
    ],
    ['big-endian numbers, before 1.6', 'PT_BYTEORDER', /big-endian/, legacy(one, { littleEndian: false })],
    [
      'another count than its pickle, before 1.6',
      'PT_STORAGE_SIZE',
      /"0" has 3 values, and 2/,
      legacy(one, { counts: (n) => n + 1 }),
    ],
  ])('with %s is refused by %s', async (_what, code, words, data) => {
    await expect(read(data)).rejects.toMatchObject({
      name: 'WeightsFormatError',
      code,
      message: expect.stringMatching(words),
    });
  });

  /** A list that holds the list before it twice, so often that it would be as long as two to that number. */
  const doubled = (times: number): Buffer => {
    const step = (at: number) => [bytes(0x5d), bytes(0x71, at), bytes(0x68, at - 1, 0x61), bytes(0x68, at - 1, 0x61)];
    return Buffer.concat([bytes(0x5d, 0x71, 0), ...Array.from({ length: times }, (_, i) => step(i + 1)).flat()]);
  };
  const deep = Buffer.concat([Buffer.alloc(100_000, ']'), Buffer.alloc(99_999, 'a')]);
  const shared = op.dict(
    ...Array.from({ length: 300 }, (_, i) => [
      op.string(`t${i}`),
      op.tensor(op.storage('0', 2), 0, [131_072, 2], [0, 1]),
    ]).flat(),
  );
  it.each([
    ['a key of doubled lists', 'PT_LAYOUT', /no dict of tensors.*"a list"/, zipOf(op.dict(doubled(40), op.int(1)))],
    ['a key 100,000 lists deep', 'PT_LAYOUT', /no dict of tensors.*"a list"/, zipOf(op.dict(deep, op.int(1)))],
    [
      'views of one storage without end',
      'PT_LIMIT',
      /take 314572800 bytes of storages that have 8; at most 67108864/,
      zipOf(shared),
    ],
  ])('with %s is refused by %s at once', async (_what, code, words, data) => {
    const start = performance.now();
    await expect(read(data)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('whose packed entry claims to be a hundred times as large is refused before it is unpacked', async () => {
    const values = new Float32Array(20_000_000);
    const large = { weight: { shape: [values.length], values } };
    await expect(read(zip(torchParts(large), { deflate: true }))).rejects.toMatchObject({
      code: 'PT_LIMIT',
      message: expect.stringMatching(/80000000; at most/),
    });
  });

  it('ends every one of 4,000 mutations in tensors or a typed error', async () => {
    const { codes } = await readMutations(4000, 20261126);
    expect(codes.get('read')).toBeGreaterThan(100);
    for (const code of [
      'PT_OPCODE',
      'PT_CORRUPT',
      'PT_FORBIDDEN_SYMBOL',
      'PT_LIMIT',
      'PT_VIEW',
      'PT_ZIP_CRC',
    ] as const) {
      expect(codes.get(code), code).toBeGreaterThan(0);
    }
  });
});
