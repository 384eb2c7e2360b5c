import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../src/node/load.js';
import { seededTensor } from '../../truth/seeded_weights.js';
import { bitsOf, picture, rejection } from '../unit/model/pictures.js';
import { tinyMidas, tinyMidasTensors } from '../unit/model/tiny_midas.js';
import { op, torchParts, zip, type ZipPart } from '../unit/weights/torch_writer.js';

const load = (source: Uint8Array) => loadDepthModel(source, { precision: 'f32', cache: false });

/** The upper half of an f32, by which a bfloat16 is exact. */
const bfloat = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16;
const ofBfloat = (code: number): number => new Float32Array(Uint32Array.of(code << 16).buffer)[0]!;

interface Kind {
  readonly storage: string;
  /** The bytes of values that are bfloat16. */
  readonly bytes: (values: Float32Array) => Uint8Array;
}
const bytesOf = (array: Float64Array | Float32Array | Uint16Array | BigInt64Array | Uint8Array): Uint8Array =>
  new Uint8Array(array.buffer as ArrayBuffer);

/** Kinds of values that hold a bfloat16 exactly. */
const KINDS: readonly Kind[] = [
  { storage: 'torch.BFloat16Storage', bytes: (values) => bytesOf(Uint16Array.from(values, bfloat)) },
  { storage: 'torch.FloatStorage', bytes: (values) => bytesOf(values) },
  { storage: 'torch.DoubleStorage', bytes: (values) => bytesOf(Float64Array.from(values)) },
];
const COUNTS: Kind = { storage: 'torch.LongStorage', bytes: (values) => bytesOf(BigInt64Array.from(values, BigInt)) };
const FLAGS: Kind = { storage: 'torch.BoolStorage', bytes: (values) => bytesOf(Uint8Array.from(values)) };

interface Mixed {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly kind: Kind;
}

/** A file of torch.save whose tensors are of the kinds they say. */
function fileOf(tensors: readonly Mixed[]): Uint8Array {
  const strides = (shape: readonly number[]) =>
    shape.map((_, d) => shape.slice(d + 1).reduce((n, side) => n * side, 1));
  const dict = op.ordered(
    ...tensors.flatMap(({ name, shape, values, kind }, i) => [
      op.string(name),
      op.tensor(op.storage(String(i), values.length, kind.storage), 0, shape, strides(shape)),
    ]),
  );
  const [pickle, order, version] = torchParts({}, op.pickle(dict)) as [ZipPart, ZipPart, ZipPart];
  const data = tensors.map(({ values, kind }, i) => ({ name: `archive/data/${i}`, data: kind.bytes(values) }));
  return new Uint8Array(zip([pickle, order, ...data, version]));
}

/** `tinyMidas` with values that bfloat16 holds, each tensor of the next kind. */
const mixed = (kinds: readonly Kind[]): Mixed[] =>
  tinyMidasTensors().map(({ name, shape }, i) =>
    name.endsWith('num_batches_tracked')
      ? { name, shape: [], values: Float32Array.of(7), kind: COUNTS }
      : {
          name,
          shape,
          values: seededTensor(name, shape).map((value) => ofBfloat(bfloat(value))),
          kind: kinds[i % kinds.length]!,
        },
  );

describe('a PyTorch file of several kinds of values', () => {
  it('gives the same bits as one of floats: bfloat16, double, int64 and bool among them', async () => {
    const flags: Mixed = { name: 'a.flag', shape: [2], values: Float32Array.of(1, 0), kind: FLAGS };
    const files = [fileOf(mixed([KINDS[1]!])), fileOf([flags, ...mixed(KINDS)])];
    const maps: string[] = [];
    for (const file of files) {
      const model = await load(file);
      maps.push(await bitsOf(model, picture('a')));
      model.dispose();
    }
    expect(maps[1]).toBe(maps[0]);
  });

  it.each([
    ['torch._utils._rebuild_qtensor', /is quantised: save it dequantised/],
    ['torch.QInt8Storage', /is quantised/],
    ['torch._utils._rebuild_sparse_tensor', /is sparse: save it dense/],
    ['torch._utils._rebuild_sparse_csr_tensor', /is sparse/],
    ['torch._utils._rebuild_meta_tensor_no_storage', /is a meta tensor, which has no values/],
    ['torch._tensor._rebuild_from_type_v2', /is of a class of its own/],
    ['torch._utils._rebuild_wrapper_subclass', /is of a class of its own/],
    ['torch._utils._rebuild_nested_tensor', /is of a class of its own/],
    ['torch.ComplexFloatStorage', /has values of a type that is not read/],
    ['torch.storage.UntypedStorage', /has values of a type that is not read/],
  ])('with a tensor that needs %s is refused, naming it', async (symbol, words) => {
    const value = symbol.endsWith('Storage')
      ? Buffer.concat([op.global('torch._utils._rebuild_tensor_v2'), op.storage('0', 2, symbol)])
      : op.global(symbol);
    const dict = op.dict(op.string('head.weight'), value);
    const file = new Uint8Array(zip(torchParts({}, op.pickle(op.dict(op.string('state_dict'), dict)))));
    const error = await rejection(load(file));
    expect(error).toMatchObject({ name: 'WeightsFormatError', code: 'PT_DTYPE', tensor: 'head.weight' });
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`tensor "head.weight"`);
  });
});

describe('a file of another version of timm', () => {
  const tiny = () => mixed([KINDS[1]!]);

  it('that has tensors more loads, and says which are not used', async () => {
    const more = ['relative_position_index', 'attn_mask'].map((name) => ({
      name: `pretrained.model.layers.0.${name}`,
      shape: [2],
      values: Float32Array.of(1, 2),
      kind: COUNTS,
    }));
    const said: { code: string; message: string }[] = [];
    const model = await loadDepthModel(fileOf([...tiny(), ...more]), {
      precision: 'f32',
      cache: false,
      onWarning: (warning) => said.push(warning),
    });
    const reference = await load(tinyMidas());
    expect((await bitsOf(model, picture('a'))).length).toBe((await bitsOf(reference, picture('a'))).length);
    expect(said.map(({ code }) => code)).toEqual(['MODEL_SURPLUS_TENSOR']);
    for (const { name } of more) expect(said[0]!.message).toContain(`"${name}"`);
    for (const each of [model, reference]) each.dispose();
  });

  it('that calls a layer something else is refused, with what is missed and the nearest names', async () => {
    const moved = tiny().map((tensor) => ({
      ...tensor,
      name: tensor.name.replace(/^(pretrained\.layer3\.0\.0\.)conv_dw\./, '$1downsample.'),
    }));
    const error = await rejection(load(fileOf(moved)));
    expect(error).toMatchObject({ name: 'ModelMismatchError', code: 'MODEL_MISSING_TENSOR' });
    expect(error.message).toContain('lacks 1 tensor of the model: "pretrained.layer3.0.0.conv_dw.weight"');
    expect(error.hint).toContain('"pretrained.layer3.0.0.downsample.weight"');
  });
});
