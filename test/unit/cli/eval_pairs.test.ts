import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readScored } from '../../../src/cli/eval_picture.js';
import { findPairs } from '../../../src/cli/eval_pairs.js';
import { readTruth } from '../../../src/cli/eval_truth.js';
import { encodeNpy } from '../../../src/depth/formats/npy.js';
import { encodePfm } from '../../../src/depth/formats/pfm.js';
import { encodePng } from '../../../src/depth/formats/png.js';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, content: Uint8Array | string = ''): Promise<string> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  return join(root, path);
}

const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) });

describe('findPairs', () => {
  it('pairs pictures with depth by name, in every folder', async () => {
    for (const name of [
      'b.JPG',
      'b.pfm',
      'a.png',
      'a.npy',
      'in/c.png',
      'in/c-depth.png',
      'in/deep/d.webp',
      'in/deep/d_depth.npy',
      'depth.json',
      'a.json',
      'read.me',
      '.hidden.png',
    ])
      await put(name);
    const at = (folder: string, picture: string, depth: string) => ({
      picture: join(root, folder, picture),
      depth: join(root, folder, depth),
      folder,
    });
    expect(await findPairs(root)).toEqual([
      at('.', 'a.png', 'a.npy'),
      at('.', 'b.JPG', 'b.pfm'),
      at('in', 'c.png', 'c-depth.png'),
      at('in/deep', 'd.webp', 'd_depth.npy'),
    ]);
  });

  it.each([
    [
      'a picture without depth',
      ['a.png', 'a.pfm', 'b.jpg'],
      'EVAL_PAIR',
      /b\.jpg: its depth b\.pfm, b\.npy or b-depth\.png is missing/,
    ],
    [
      'depth without a picture',
      ['a.png', 'a.pfm', 'c-depth.png'],
      'EVAL_PAIR',
      /c-depth\.png: there is no picture c\.png/,
    ],
    ['two depths', ['a.png', 'a.pfm', 'a-depth.png'], 'EVAL_PAIR', /a\.pfm: a-depth\.png has the same name/],
    ['two pictures', ['a.png', 'a.jpg', 'a.pfm'], 'EVAL_PAIR', /a\.png: a\.jpg has the same name/],
    ['no pictures', ['notes.txt', 'in/x.json'], 'EVAL_EMPTY', /there are no pictures with true depth.*NAME-depth\.png/],
  ])('refuses %s', async (_, names, code, words) => {
    for (const name of names) await put(name);
    await expect(findPairs(root)).rejects.toEqual(refusal(code, words));
  });

  it('looks behind links to folders, and not for ever', async () => {
    for (const name of ['away/a.png', 'away/a.npy', 'in/b.png', 'in/b.npy']) await put(name);
    await symlink(join(root, 'away'), join(root, 'in/linked'));
    await symlink(join(root, 'in'), join(root, 'in/itself'));
    const pictures = (await findPairs(join(root, 'in'))).map(({ picture, folder }) => [basename(picture), folder]);
    expect(pictures).toEqual([
      ['b.png', '.'],
      ['a.png', 'linked'],
    ]);
  });

  it('refuses what is no folder', async () => {
    await expect(findPairs(join(root, 'gone'))).rejects.toEqual(
      refusal('OPTION_INPUT', /gone: there is no such folder/),
    );
  });
});

describe('readScored', () => {
  it('takes pictures, and refuses depth in their place', async () => {
    const grey = { width: 3, height: 2, channels: 1 } as const;
    const picture = await put('a.png', await encodePng({ ...grey, data: new Uint8Array(6) }));
    expect(await readScored(picture)).toMatchObject({ width: 3, height: 2 });
    const deep = await put('b.png', await encodePng({ ...grey, data: new Uint16Array(6) }));
    await expect(readScored(deep)).rejects.toEqual(refusal('EVAL_PAIR', /b\.png: holds 16-bit grey values/));
    const own = await put('c.png', await encodePng({ ...grey, data: new Uint8Array(6) }, { depthwise: '{}' }));
    await expect(readScored(own)).rejects.toEqual(refusal('EVAL_PAIR', /c\.png: is a result of ours/));
  });
});

describe('readTruth', () => {
  const size = { width: 3, height: 2 };
  const values = Float32Array.of(1, 2, 4, 0, NaN, 8);

  it('takes the kind from the caller, the file beside it, or the folder, in this order', async () => {
    const path = await put('x.npy', encodeNpy(values, [2, 3]));
    await put('depth.json', '{"kind":"inverse","zeroIsFar":true}');
    const inFolder = await readTruth(path, size);
    expect([[...inFolder.disparity.slice(0, 4)], [...inFolder.known]]).toEqual([
      [1, 2, 4, 0],
      [0, 1, 2, 3, 5],
    ]);
    await put('x.json', '{"kind":"depth","scale":0.5}');
    const beside = await readTruth(path, size);
    expect([[...beside.disparity.slice(0, 3)], [...beside.known]]).toEqual([
      [2, 1, 0.5],
      [0, 1, 2, 5],
    ]);
    expect([...(await readTruth(path, size, 'inverse')).disparity.slice(0, 3)]).toEqual([0.5, 1, 2]);
  });

  it('takes it from a PNG of ours', async () => {
    const semantics = {
      kind: 'metric',
      nearer: 'smaller',
      unit: 'metre',
      scale: 0.001,
      offset: 0.5,
      model: 'm',
      ...size,
    };
    const png = await encodePng(
      { ...size, channels: 1, data: Uint16Array.of(500, 1500, 0, 0, 0, 3500) },
      { depthwise: JSON.stringify(semantics) },
    );
    const { disparity } = await readTruth(await put('x-depth.png', png), size);
    [1, 1 / 2, 2, 2, 2, 1 / 4].forEach((expected, i) => expect(disparity[i]).toBeCloseTo(expected, 6));
  });

  it('refuses what cannot be compared', async () => {
    const path = await put('x.pfm', encodePfm(values, 3, 2));
    await expect(readTruth(path, size)).rejects.toEqual(
      refusal('EVAL_KIND', /x\.pfm: nothing says whether.*--truth depth/),
    );
    await expect(readTruth(path, { width: 2, height: 3 }, 'depth')).rejects.toEqual(
      expect.objectContaining({
        ...{ code: 'EVAL_SIZE', expected: [2, 3], actual: [3, 2] },
        message: expect.stringContaining('x.pfm: is 3x2, and its picture 2x3') as string,
      }),
    );
    await put('x.json', '{"kind":"disparity"}');
    await expect(readTruth(path, size)).rejects.toEqual(
      expect.objectContaining({ code: 'EVAL_KIND', actual: 'disparity' }),
    );
    // Words of the language, and lists, are no kinds.
    for (const kind of ['"toString"', '"constructor"', '["depth"]']) {
      await put('x.json', `{"kind":${kind}}`);
      await expect(readTruth(path, size), kind).rejects.toMatchObject({ code: 'EVAL_KIND' });
    }
    await put('x.json', '{"kind":"depth","scale":"mm"}');
    await expect(readTruth(path, size)).rejects.toEqual(refusal('EVAL_SIDECAR', /scale mm/));
    await put('x.json', '{');
    await expect(readTruth(path, size)).rejects.toEqual(refusal('EVAL_SIDECAR', /x\.json: is not JSON/));
    for (const flat of [Float32Array.of(0, 0, 0, 0, 0, 0), Float32Array.of(3, 3, NaN, 3, 0, 3)]) {
      const unknown = await put('flat.npy', encodeNpy(flat, [2, 3]));
      await expect(readTruth(unknown, size, 'depth')).rejects.toEqual(refusal('EVAL_TRUTH', /has [04] known pixels/));
    }
  });
});
