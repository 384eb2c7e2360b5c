import { execFileSync } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import { encodePng } from '../../../src/depth/formats/png.js';
import type { ProtocolName } from '../../../src/eval/protocols.js';
import { openTree } from '../../../src/node/archive/file_tree.js';
import { BenchmarkSets } from './benchmark_sets.js';

const sets = new BenchmarkSets();

/** A set of the fixture in a folder of its own, its archives unpacked. */
async function unpacked(...parts: string[]): Promise<string> {
  const folder = await mkdtemp(join(sets.root, 'misread-'));
  for (const part of parts) {
    const from = join(sets.root, part);
    if (part.endsWith('.tar')) execFileSync('tar', ['xf', from, '-C', folder]);
    else if (part.endsWith('.zip')) await unzip(from, folder);
    else await cp(from, join(folder, basename(part)), { recursive: true });
  }
  return folder;
}

async function unzip(archive: string, folder: string): Promise<void> {
  const tree = await openTree(archive);
  for (const name of tree.names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), await tree.read(name));
  }
  await tree.close();
}

const nyu = () =>
  unpacked('marigold/data_split/nyu/labeled/filename_list_test.txt', 'marigold/nyuv2/nyu_labeled_extracted.tar');
const kitti = () =>
  unpacked('marigold/data_split/kitti/eigen_test_files_with_gt.txt', 'marigold/kitti/kitti_eigen_split_test.tar');
const diode = () =>
  unpacked('marigold/data_split/diode/diode_val_all_filename_list.txt', 'marigold/diode/diode_val.tar');
const scores = (folder: string, protocol?: ProtocolName) => sets.scoresIn(basename(folder), protocol);

const colours = (width: number, height: number) =>
  sharp(Buffer.alloc(3 * width * height, 77), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
const depths = (width: number, height: number, value = (i: number) => 1000 + (i % 5000)) =>
  encodePng({ width, height, channels: 1, data: Uint16Array.from({ length: width * height }, (_, i) => value(i)) });
const RGB = 'test/bathroom/rgb_0046.png';
const DEPTH = 'test/bathroom/depth_0046.png';
const DIODE = 'indoors/scene_00019/00019_00183_indoors_000_010';

describe('what would be scored as something else is refused', () => {
  it('a picture of another size than the crop of its protocol is in pixels of', async () => {
    const folder = await nyu();
    await writeFile(join(folder, RGB), await colours(320, 240));
    await writeFile(join(folder, DEPTH), await depths(320, 240));
    const sizes = { code: 'EVAL_SIZE', expected: [640, 480], actual: [320, 240] };
    await expect(scores(folder)).rejects.toMatchObject(sizes);
    expect(await scores(folder, 'midas-nyu')).toHaveLength(1);
    const small = await kitti();
    const [picture, depth] = (await readFile(join(small, 'eigen_test_files_with_gt.txt'), 'utf8')).split(/\s+/);
    await writeFile(join(small, picture!), await colours(1200, 375));
    await writeFile(join(small, depth!), await depths(1200, 375));
    await expect(scores(small)).rejects.toMatchObject({
      code: 'EVAL_SIZE',
      expected: [1216, 352],
      actual: [1200, 375],
      message: expect.stringContaining(basename(depth!)) as string,
    });
  });

  it('depth of 8 bits, depth for a picture, a picture for depth, depth that is the same everywhere', async () => {
    const folder = await nyu();
    const own = await readFile(join(folder, DEPTH));
    const grey = { width: 640, height: 480, channels: 1 } as const;
    const cases: [string, Uint8Array, object][] = [
      [
        DEPTH,
        await encodePng({ ...grey, data: new Uint8Array(640 * 480).fill(9, 7) }),
        { code: 'EVAL_LAYOUT', expected: 16, actual: 8 },
      ],
      [DEPTH, await colours(640, 480), { code: 'PNG_COLOR' }],
      [DEPTH, await depths(640, 480, () => 3000), { code: 'EVAL_TRUTH', expected: 2, actual: 1 }],
      [DEPTH, await depths(640, 480, () => 0), { code: 'EVAL_TRUTH', expected: 2, actual: 0 }],
      [RGB, own, { code: 'EVAL_PAIR' }],
    ];
    for (const [name, bytes, error] of cases) {
      const before = await readFile(join(folder, name));
      await writeFile(join(folder, name), bytes);
      const named = { ...error, message: expect.stringContaining(name) as string };
      await expect(scores(folder), JSON.stringify(error)).rejects.toMatchObject(named);
      await writeFile(join(folder, name), before);
    }
    sets.expectScores(await scores(folder), 'marigold-nyu');
  });

  it('a line of a split list without its depth', async () => {
    const folder = await nyu();
    const list = join(folder, 'filename_list_test.txt');
    await writeFile(list, `${await readFile(list, 'utf8')}\ntest/bathroom/rgb_0047.png\n`);
    await expect(scores(folder)).rejects.toMatchObject({
      code: 'EVAL_LAYOUT',
      message: expect.stringContaining('filename_list_test.txt: lists test/bathroom/rgb_0047.png without') as string,
    });
  });

  it('a mask that holds something else than 0 and 1, as depth does in its place', async () => {
    const folder = await diode();
    const [depth, mask] = [join(folder, `${DIODE}_depth.npy`), join(folder, `${DIODE}_depth_mask.npy`)];
    const was = await readFile(depth);
    await copyFile(mask, depth);
    await writeFile(mask, was);
    await expect(scores(folder)).rejects.toMatchObject({
      code: 'EVAL_LAYOUT',
      expected: [0, 1],
      message: expect.stringContaining('depth_mask.npy: is a mask of 0 and 1, and holds ') as string,
    });
  });

  it('a picture of Sintel beside others whose depth is missing', async () => {
    const folder = await unpacked('sintel');
    await rm(join(folder, 'sintel/training/depth/alley_1/frame_0002.dpt'));
    await expect(scores(folder)).rejects.toMatchObject({
      code: 'EVAL_PAIR',
      message: expect.stringMatching(
        /clean\/alley_1\/frame_0002\.png: its depth .*frame_0002\.dpt is missing/,
      ) as string,
    });
  });

  it.each<[string, ProtocolName, RegExp]>([
    ['sintel', 'moge-nyuv2', /pack of MoGe alone/],
    ['da-2k', 'midas-nyu', /pairs of points/],
    ['marigold', 'vda-nyuv2', /aligns clips/],
    ['moge', 'marigold-kitti', /cuts pictures/],
  ])('%s by %s, which needs what it has not', async (set, protocol, words) => {
    const error = { code: 'OPTION_CONFLICT', message: expect.stringMatching(words) as string };
    await expect(scores(join(sets.root, set), protocol)).rejects.toMatchObject(error);
  });

  it('an estimate of which the protocol aligns nothing', async () => {
    const nothing = async ({ width, height }: { width: number; height: number }) => new Float32Array(width * height);
    const folder = basename(await nyu());
    await expect(sets.scoresIn(folder, undefined, '', nothing)).rejects.toMatchObject({ code: 'EVAL_ESTIMATE' });
  });

  it.each<[string, RegExp, (list: Record<string, unknown[]>) => void]>([
    [
      'a pair that is none',
      /something else than pairs/,
      (list) => void list['images/indoor/5.jpg']!.push({ point1: [1, 2] }),
    ],
    [
      'a picture without a list',
      /has under a\.jpg something else/,
      (list) => void ((list['a.jpg'] as unknown) = { point1: [1, 2] }),
    ],
    [
      'a point of three numbers',
      /point \[1, 2, 3\] is not in/,
      (list) => void Object.assign(list['images/indoor/5.jpg']![0]!, { point1: [1, 2, 3] }),
    ],
    [
      'two points that are one',
      /both points of a pair are \[1,2\]/,
      (list) => void Object.assign(list['images/indoor/5.jpg']![0]!, { point1: [1, 2], point2: [1, 2] }),
    ],
  ])('DA-2K with %s', async (_what, words, edit) => {
    const folder = await unpacked('da-2k/DA-2K.zip');
    const path = join(folder, 'DA-2K/annotations.json');
    const list = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown[]>;
    edit(list);
    await writeFile(path, JSON.stringify(list));
    const error = { code: 'EVAL_LAYOUT', message: expect.stringMatching(words) as string };
    await expect(scores(folder)).rejects.toMatchObject(error);
  });

  it.each<[string, RegExp, (list: { scannet: Record<string, { factor: unknown }[]>[] }) => void]>([
    [
      'a factor in quotes',
      /the factor "1000"/,
      ({ scannet }) => void (Object.values(scannet[0]!)[0]![0]!.factor = '1000'),
    ],
    ['two sets in one list', /lists 2 sets/, (list) => void Object.assign(list, { kitti: [] })],
  ])('clips with %s', async (_what, words, edit) => {
    const folder = await unpacked('vda');
    const path = join(folder, 'vda/scannet/scannet_video.json');
    const list = JSON.parse(await readFile(path, 'utf8')) as Parameters<typeof edit>[0];
    edit(list);
    await writeFile(path, JSON.stringify(list));
    const error = { code: 'EVAL_LAYOUT', message: expect.stringMatching(words) as string };
    await expect(scores(folder)).rejects.toMatchObject(error);
  });

  it('a name in a list that leads out of the folder', async () => {
    const folder = await nyu();
    await writeFile(join(folder, 'filename_list_test.txt'), `${RGB} ${DEPTH}\n../rgb_0046.png ../depth_0046.png\n`);
    await expect(scores(folder)).rejects.toMatchObject({ code: 'DEPTH_READ' });
  });
});

describe('what is odd and sound is scored', () => {
  it('infinite depth that a mask calls valid is left out, as unknown depth is', async () => {
    const folder = await diode();
    const path = join(folder, `${DIODE}_depth.npy`);
    const bytes = await readFile(path);
    const places = [5000, 5001, 5002, 9000].map((i) => 128 + 4 * i);
    const scored = async (value: number) => {
      for (const place of places) bytes.writeFloatLE(value, place);
      await writeFile(path, bytes);
      return scores(folder);
    };
    const mask = await readFile(join(folder, `${DIODE}_depth_mask.npy`));
    for (let at = 128; at < mask.length; at += 8) mask.writeDoubleLE(1, at);
    await writeFile(join(folder, `${DIODE}_depth_mask.npy`), mask);
    const without = await scored(NaN);
    expect(await scored(Infinity)).toEqual(without);
    expect(Number.isFinite(without[0]!.absRel)).toBe(true);
  });

  it('two clips of one name are two clips', async () => {
    const folder = await unpacked('vda');
    const path = join(folder, 'vda/scannet/scannet_video.json');
    const list = JSON.parse(await readFile(path, 'utf8')) as { scannet: object[] };
    list.scannet.push(list.scannet[0]!);
    await writeFile(path, JSON.stringify(list));
    const rows = await scores(folder);
    const name = rows[0]!.picture;
    expect(rows.at(-1)).toEqual({ ...rows[0], picture: `${name} (2)` });
    expect(rows).toHaveLength(sets.expected['vda-scannet']!.length + 1);
  });

  it('a set behind a link, and one in a folder whose name is not UTF-8', async () => {
    const own = await nyu();
    const folder = await mkdtemp(join(sets.root, 'linked-'));
    await copyFile(join(own, 'filename_list_test.txt'), join(folder, 'filename_list_test.txt'));
    await symlink(join(own, 'test'), join(folder, 'test'));
    // A link to where it lies: it is not followed for ever.
    await symlink(folder, join(folder, 'again'));
    sets.expectScores(await scores(folder), 'marigold-nyu');
    const latin = Buffer.concat([Buffer.from(`${await mkdtemp(join(sets.root, 'latin-'))}/`), Buffer.of(0xe4)]);
    await mkdir(latin);
    await cp(own, join(sets.root, 'latin plain'), { recursive: true });
    execFileSync('bash', [
      '-c',
      `cp -r ${join(sets.root, "'latin plain'")}/. ${latin.subarray(0, -1).toString()}$'\\xe4'/`,
    ]);
    const parent = latin.subarray(0, -2).toString();
    const found = await findBenchmarks(parent);
    expect(found?.benchmarks.map(({ samples }) => samples.length)).toEqual([1]);
    await found?.close();
    sets.expectScores(await scores(parent), 'marigold-nyu');
  });
});
