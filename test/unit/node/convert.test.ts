import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertWeights } from '../../../src/node/convert.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { fromHalf } from '../../../src/weights/format/decode.js';
import { fileSource } from '../../../src/node/file_source.js';
import { legacy, torchParts, zip } from '../weights/torch_writer.js';

const TENSORS = {
  '2': { shape: [2, 3], values: Float32Array.of(1, -2.5, 3e-8, 65504, 0.1, -0) },
  'conv.weight': { shape: [3, 2], values: Float32Array.of(0, 1, 2, 3, 4, 5), strides: [1, 3] },
  scalar: { shape: [], values: Float32Array.of(7) },
  '1': { shape: [0], values: new Float32Array(0) },
};
const ROWS: Readonly<Record<string, readonly number[]>> = {
  '2': [...TENSORS['2'].values],
  'conv.weight': [0, 3, 1, 4, 2, 5],
  scalar: [7],
  '1': [],
};

let folder: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthwise-convert-'));
  output = join(folder, 'out.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Values, shapes and types of a safetensors file, by a parser of a few lines that trusts it. */
async function readBack(path: string) {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header['__metadata__'];
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets }]) => {
      const [begin, end] = data_offsets.map((offset) => 8 + length + offset) as [number, number];
      return [name, { dtype, shape, data: Uint8Array.from(bytes.subarray(begin, end)).buffer }];
    }),
  );
}

describe('convertWeights', () => {
  it('refuses an option that is none, and writes nothing', async () => {
    const from = await file('in.pt', zip(torchParts(TENSORS)));
    for (const wrong of [{ fp16: true }, { half: true }])
      await expect(convertWeights(from, output, wrong as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' });
    await expect(convertWeights(from, output, { fp16: true } as object)).rejects.toThrow('Did you mean f16?');
    expect(await readdir(folder)).toEqual(['in.pt']);
  });

  it.each([
    ['zip', zip(torchParts(TENSORS))],
    ['legacy', legacy(TENSORS)],
  ])('writes a PyTorch file in %s form as safetensors, bit for bit and under its names', async (_form, bytes) => {
    const written = await convertWeights(await file('in.pt', bytes), output);
    expect(written.tensors).toBe(4);
    expect((await readFile(output)).length).toBe(written.bytes);
    const found = await readBack(output);
    for (const [name, rows] of Object.entries(ROWS)) {
      expect(found[name]).toMatchObject({ dtype: 'F32', shape: TENSORS[name as keyof typeof TENSORS].shape });
      expect(new Uint8Array(found[name]!.data)).toEqual(new Uint8Array(Float32Array.from(rows).buffer));
    }
    const again = await openCheckpoint(await fileSource(output));
    expect([...again.table.tensors.keys()]).toEqual(Object.keys(TENSORS));
    await again.close();
    expect((await readdir(folder)).sort()).toEqual(['in.pt', 'out.safetensors']);
  });

  it('with f16 writes the nearest halves, in half the space', async () => {
    await convertWeights(await file('in.pt', zip(torchParts(TENSORS))), output, { f16: true });
    const found = await readBack(output);
    const halves = Array.from(new Uint16Array(found['2']!.data), fromHalf);
    expect(halves).toEqual([1, -2.5, 2 ** -25 < 3e-8 ? 2 ** -24 : 0, 65504, 0.0999755859375, -0]);
    expect(Object.values(found).every(({ dtype }) => dtype === 'F16')).toBe(true);
  });

  it('with f16 refuses a value that no half holds, naming the tensor, and leaves nothing behind', async () => {
    const large = { big: { shape: [1], values: Float32Array.of(70000) } };
    const converting = convertWeights(await file('in.pt', zip(torchParts(large))), output, { f16: true });
    await expect(converting).rejects.toMatchObject({ code: 'WEIGHTS_F16_RANGE', tensor: 'big', actual: 70000 });
    expect(await readdir(folder)).toEqual(['in.pt']);
  });

  it('never writes the file that it reads, by whatever name', async () => {
    const bytes = zip(torchParts(TENSORS));
    const path = await file('in.pt', bytes);
    await symlink(path, join(folder, 'link.safetensors'));
    for (const name of [path, join(folder, 'link.safetensors'), join(folder, '.', 'in.pt')]) {
      for (const source of [path, pathToFileURL(path), String(pathToFileURL(path)), join(folder, 'link.safetensors')])
        await expect(convertWeights(source, name)).rejects.toMatchObject({ code: 'OUTPUT_COLLISION' });
    }
    expect(await readFile(path)).toEqual(bytes);
  });

  it('never writes a file that an index lists', async () => {
    await convertWeights(await file('in.pt', zip(torchParts(TENSORS))), join(folder, 'a.safetensors'));
    const bytes = await readFile(join(folder, 'a.safetensors'));
    const map = Object.fromEntries(Object.keys(TENSORS).map((name) => [name, 'a.safetensors']));
    const index = await file('m.safetensors.index.json', Buffer.from(JSON.stringify({ weight_map: map })));
    for (const source of [index, pathToFileURL(index)]) {
      const converting = convertWeights(source, join(folder, 'a.safetensors'), { f16: true });
      await expect(converting).rejects.toMatchObject({ code: 'OUTPUT_COLLISION' });
    }
    expect((await readFile(join(folder, 'a.safetensors'))).equals(bytes)).toBe(true);
    await convertWeights(index, output);
    expect(Object.keys(await readBack(output)).sort()).toEqual(Object.keys(TENSORS).sort());
  });

  it('of a file that is cut leaves an older output as it was', async () => {
    await writeFile(output, 'older');
    const bytes = zip(torchParts(TENSORS));
    const converting = convertWeights(await file('in.pt', bytes.subarray(0, bytes.length - 30)), output);
    await expect(converting).rejects.toMatchObject({ code: 'ST_TRUNCATED' });
    expect(await readFile(output, 'utf8')).toBe('older');
    expect((await readdir(folder)).sort()).toEqual(['in.pt', 'out.safetensors']);
  });

  it('refuses in words what cannot be written, and keeps no file open', async () => {
    const path = await file('in.pt', zip(torchParts(TENSORS)));
    const none = join(folder, 'none', 'out.safetensors');
    await expect(convertWeights(path, none)).rejects.toMatchObject({ code: 'OUTPUT_WRITE', source: none });
    await expect(convertWeights(path, folder)).rejects.toMatchObject({ code: 'OUTPUT_WRITE', source: folder });
    const long = join(folder, `${'x'.repeat(240)}.safetensors`);
    expect((await convertWeights(path, long)).tensors).toBe(4);
    const named = await file('named.pt', zip(torchParts({ __metadata__: TENSORS.scalar })));
    await expect(convertWeights(named, output)).rejects.toMatchObject({ code: 'ST_ENTRY', tensor: '__metadata__' });
  });
});
