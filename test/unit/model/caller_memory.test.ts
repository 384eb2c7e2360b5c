import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel } from '../../../src/index.js';
import { createNodeHasher } from '../../../src/node/weights_cache.js';
import { testGpu } from '../../gpu.js';
import { bits, bitsOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

/** Memory of kinds that native code must not be given; each ends a Node process, or is refused by browsers. */
const KINDS: readonly [string, (bytes: number) => ArrayBuffer][] = [
  ['shared', (bytes) => new SharedArrayBuffer(bytes) as unknown as ArrayBuffer],
  ['shared by wasm', (bytes) => wasmMemory(bytes)],
  ['shared and growable', (bytes) => sharedGrowable(bytes)],
  ['resizable', (bytes) => new ArrayBuffer(bytes, { maxByteLength: 2 * bytes })],
];

let device: GPUDevice;
let model: DepthModel;
beforeAll(async () => {
  device = (await testGpu()).device;
  model = await loadDepthModel(tinyMidas(), { device, cache: false, precision: 'f32' });
});
afterAll(() => model.dispose());

describe.each(KINDS)('memory that is %s', (_, allocate) => {
  it.each([
    ['bytes RGB', 3, Uint8Array],
    ['bytes RGBA', 4, Uint8Array],
    ['clamped bytes RGBA', 4, Uint8ClampedArray],
    ['floats RGB', 3, Float32Array],
    ['floats RGBA', 4, Float32Array],
  ] as const)('holds pixels for estimate: %s', async (_, channels, type) => {
    const source = picture('a');
    const count = 64 * 48;
    const scale = type === Float32Array ? 1 / 255 : 1;
    const data = new type(allocate(count * channels * type.BYTES_PER_ELEMENT), 0, count * channels);
    for (let i = 0; i < data.length; i++)
      data[i] = (source.data[3 * Math.floor(i / channels) + Math.min(2, i % channels)] as number) * scale;
    const own = new type(data);
    const pending = bitsOf(model, { data, width: 64, height: 48, channels });
    data.fill(0);
    expect(await pending).toBe(await bitsOf(model, { data: own, width: 64, height: 48, channels }));
  });

  it('holds the pixels of a Buffer, while a size is new', async () => {
    const bytes = 51 * 48 * 4;
    const data = Buffer.from(allocate(bytes), 0, bytes).fill(90);
    const pending = bitsOf(model, { data, width: 51, height: 48 });
    data.fill(0);
    expect(await pending).toBe(await bitsOf(model, { data: new Uint8Array(bytes).fill(90), width: 51, height: 48 }));
  });

  it('holds the tensor of run', async () => {
    const values = Float32Array.from({ length: 3 * 64 * 32 }, (_, i) => Math.sin(i));
    const tensor = new Float32Array(allocate(values.byteLength), 0, values.length);
    tensor.set(values);
    const pending = model.run(tensor, [1, 3, 64, 32]);
    tensor.fill(0);
    expect(bits(await pending)).toBe(bits(await model.run(values, [1, 3, 64, 32])));
  });

  it.each(['bytes', 'a stream'])('holds weights given as %s, which a digest is made of', async (form) => {
    const file = tinyMidas();
    const bytes = new Uint8Array(allocate(file.length), 0, file.length);
    bytes.set(file);
    const stream = async () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 100_001) controller.enqueue(bytes.subarray(at, at + 100_001));
          controller.close();
        },
      });
    const digested: Uint8Array[] = [];
    const loaded = await loadDepthModel(form === 'bytes' ? bytes : { name: 'shared', open: stream }, {
      device,
      cache: keepsNothing,
      precision: 'f32',
      createHasher: () => {
        const hasher = createNodeHasher();
        return { update: (chunk) => (digested.push(chunk), hasher.update(chunk)), digest: (as) => hasher.digest(as) };
      },
    });
    for (const chunk of digested) expect(chunk.buffer).toBeInstanceOf(ArrayBuffer);
    expect(await bitsOf(loaded, picture('a'))).toBe(await bitsOf(model, picture('a')));
    loaded.dispose();
  });
});

it('memory that was given away is refused with both numbers', async () => {
  const data = new Uint8Array(64 * 48 * 4);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  expect(await rejection(model.estimate({ data, width: 64, height: 48 }, SMALL))).toMatchObject({
    code: 'IMAGE_DATA',
    expected: 64 * 48 * 4,
    actual: 0,
  });
  const tensor = new Float32Array(3 * 32 * 32);
  structuredClone(tensor.buffer, { transfer: [tensor.buffer] });
  expect(await rejection(model.run(tensor, [1, 3, 32, 32]))).toMatchObject({ code: 'TENSOR_SHAPE', actual: 0 });
});

/** A cache that finds nothing and takes everything. */
const keepsNothing = {
  match: async () => undefined,
  put: async () => ({ write: async () => {}, commit: async () => {}, abort: async () => {} }),
  delete: async () => {},
};

function sharedGrowable(bytes: number): ArrayBuffer {
  const Growable = SharedArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  return new Growable(bytes, { maxByteLength: 2 * bytes });
}

function wasmMemory(bytes: number): ArrayBuffer {
  const pages = Math.ceil(bytes / 65536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
}
