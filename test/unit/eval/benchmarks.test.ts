import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments, type EvaluateCommand } from '../../../src/cli/arguments.js';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import { scoreBenchmark, type EstimateDisparity } from '../../../src/cli/benchmarks/score_benchmark.js';
import { evaluateModel } from '../../../src/cli/evaluate.js';
import { Session } from '../../../src/cli/session.js';
import { benchmarkRows, summarizeBenchmarks, type BenchmarkRow } from '../../../src/eval/report.js';
import { protocols, type ProtocolName } from '../../../src/eval/protocols.js';
import { openTree } from '../../../src/node/archive/file_tree.js';

/** Sets in the public layouts, and their scores by tools/fixtures/record_benchmarks.py, which shares no code. */
const FIXTURE = join(import.meta.dirname, '../../fixtures/eval/benchmarks.tar.gz');
let root: string;
let expected: Record<string, Partial<BenchmarkRow>[]>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'depthwise-'));
  execFileSync('tar', ['xzf', FIXTURE, '-C', root]);
  expected = JSON.parse(await readFile(join(root, 'scores.json'), 'utf8')) as typeof expected;
});
afterAll(() => rm(root, { recursive: true }));

/** The made-up disparity of the recorder: waves, whose phase is the length of a name, and a board. */
const waves: EstimateDisparity = async ({ width, height }, name) =>
  Float32Array.from({ length: width * height }, (_, i) => {
    const [u, v] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height];
    const board = (Math.floor(160 * u) + Math.floor(90 * v)) % 2;
    return 1.1 + 0.8 * Math.sin(7 * u + name.length) + 0.5 * Math.cos(5 * v) + u * v + 0.4 * board;
  });

/** @param only a part of the names of the pictures that are scored */
async function scoresIn(folder: string, protocol?: ProtocolName, only = ''): Promise<BenchmarkRow[]> {
  const found = await findBenchmarks(join(root, folder), protocol);
  try {
    const rows: BenchmarkRow[] = [];
    for (const benchmark of found!.benchmarks) {
      const samples = benchmark.samples.filter(({ picture }) => picture.includes(only));
      for await (const row of scoreBenchmark({ ...benchmark, samples }, waves)) rows.push(row);
    }
    return rows;
  } finally {
    await found?.close();
  }
}

describe('public benchmarks', () => {
  it.each([
    ['moge', Object.keys(protocols).filter((name) => name.startsWith('moge-'))],
    ['marigold', ['marigold-nyu', 'marigold-kitti', 'marigold-eth3d', 'marigold-diode', 'marigold-scannet']],
    ['sintel', ['midas-sintel']],
    ['vda', ['vda-scannet']],
  ])(
    'in the layout %s are told by themselves, and scored as another implementation scores them',
    async (set, names) => {
      const rows = await scoresIn(set);
      expect([...new Set(rows.map(({ folder }) => folder))].sort()).toEqual([...names].sort());
      for (const name of names) {
        const own = rows.filter(({ folder }) => folder === name);
        expect(own).toHaveLength(expected[name]!.length);
        for (const [i, scores] of expected[name]!.entries())
          for (const [key, value] of Object.entries(scores))
            expect(
              Math.abs((own[i]![key as 'absRel'] as number) - (value as number)),
              `${name} ${i} ${key}`,
            ).toBeLessThan(1e-6);
      }
    },
  );

  it('of ordered pairs give the share of pairs in order, over pairs and not pictures', async () => {
    const rows = await scoresIn('da-2k/DA-2K.zip');
    expect(rows.map(({ accuracy, pairs }) => ({ accuracy, pairs }))).toEqual(expected['da-2k']);
    const { mean, folders } = summarizeBenchmarks(rows);
    const right = expected['da-2k']!.reduce((sum, row) => sum + row.accuracy! * row.pairs!, 0);
    expect(mean).toEqual({ accuracy: right / 7, pairs: 7, samples: 2 });
    expect(Object.keys(folders)).toEqual(['indoor', 'underwater']);
    expect(benchmarkRows(summarizeBenchmarks(rows)).at(-1)).toEqual(['mean of 2', (right / 7).toFixed(4)]);
  });

  it('are scored by another protocol where one is named, with another cap', async () => {
    const [own] = await scoresIn('marigold/../sintel');
    const [other] = await scoresIn('sintel', 'midas-nyu');
    expect(other!.folder).toBe('midas-nyu');
    expect(other!.boundaryF1).toBeUndefined();
    expect(other!.absRel).not.toBeCloseTo(own!.absRel!, 3);
  });

  it('that are not there are an error where a protocol is named, and nothing otherwise', async () => {
    const folder = join(root, 'empty');
    await mkdir(folder);
    expect(await findBenchmarks(folder)).toBeUndefined();
    const command = parseArguments(['eval', '--data', folder, '--protocol', 'midas-nyu']) as EvaluateCommand;
    const session = new Session(true, new AbortController().signal);
    await expect(evaluateModel(command, session)).rejects.toMatchObject({ code: 'EVAL_EMPTY' });
    expect(() => parseArguments(['eval', '--data', folder, '--protocol', 'nyu'])).toThrow('--protocol');
    expect(() => parseArguments(['eval', '--data', '.', '--protocol', 'midas-nyu', '--truth', 'depth'])).toThrow(
      'exclude each other',
    );
  });
});

describe('by the protocols of MiDaS', () => {
  it.each<[ProtocolName, string]>([
    ['midas-nyu', 'rgb_0046'],
    ['midas-kitti', '0000000069'],
    ['midas-kitti-garg', '0000000069'],
    ['midas-eth3d', 'DSC_0286'],
    ['midas-diode', 'indoors_000_010'],
  ])('%s: caps and crops are as another implementation has them', async (protocol, picture) => {
    const rows = await scoresIn('marigold', protocol, picture);
    expect(rows).toHaveLength(1);
    for (const [key, value] of Object.entries(expected[protocol]![0]!))
      expect(Math.abs((rows[0]![key as 'absRel'] as number) - (value as number)), key).toBeLessThan(1e-6);
  });
});

describe('as users have them', () => {
  const close = (rows: readonly BenchmarkRow[], name: string) => {
    expect(rows).toHaveLength(expected[name]!.length);
    for (const [i, scores] of expected[name]!.entries())
      for (const [key, value] of Object.entries(scores))
        expect(Math.abs((rows[i]![key as 'absRel'] as number) - (value as number)), `${name} ${key}`).toBeLessThan(
          1e-6,
        );
  };

  it.each(['data_split/nyu_depth/labeled', '.'])('the list of NYU in %s, beside its tar', async (place) => {
    const folder = join(root, `nyu ${place.length}`);
    await mkdir(join(folder, place), { recursive: true });
    const own = 'marigold/data_split/nyu/labeled/filename_list_test.txt';
    await copyFile(join(root, own), join(folder, place, 'filename_list_test.txt'));
    await copyFile(join(root, 'marigold/nyuv2/nyu_labeled_extracted.tar'), join(folder, 'nyu_labeled_extracted.tar'));
    close(await scoresIn(`nyu ${place.length}`), 'marigold-nyu');
    // Another list of this name.
    await writeFile(join(folder, place, 'filename_list_test.txt'), 'a.png b.png\n');
    expect(await findBenchmarks(folder)).toBeUndefined();
  });

  it('all lists of DIODE in one folder, of which the whole one counts', async () => {
    const folder = join(root, 'diode');
    await mkdir(folder);
    const list = (part: string) => `diode_val_${part}_filename_list.txt`;
    for (const part of ['all', 'indoor', 'outdoor'])
      await copyFile(join(root, 'marigold/data_split/diode', list('all')), join(folder, list(part)));
    await copyFile(join(root, 'marigold/diode/diode_val.tar'), join(folder, 'diode_val.tar'));
    close(await scoresIn('diode'), 'marigold-diode');
    await rm(join(folder, list('all')));
    expect(await scoresIn('diode')).toHaveLength(2);
  });

  it('Sintel with what macOS leaves beside files', async () => {
    const folder = join(root, 'sintel/training/depth/alley_1');
    await writeFile(join(folder, '._frame_0001.dpt'), 'Mac OS X');
    close(await scoresIn('sintel'), 'midas-sintel');
    await rm(join(folder, '._frame_0001.dpt'));
  });

  it('DA-2K with its annotations outside of the archive, and ./ before the names', async () => {
    const folder = join(root, 'da-2k apart');
    await mkdir(folder);
    const tree = await openTree(join(root, 'da-2k/DA-2K.zip'));
    const annotations = new TextDecoder().decode(await tree.read('DA-2K/annotations.json'));
    await tree.close();
    const named = Object.entries(JSON.parse(annotations) as object).map(([key, value]) => [
      `./${key}`,
      value as unknown,
    ]);
    await writeFile(join(folder, 'annotations.json'), JSON.stringify(Object.fromEntries(named)));
    const bytes = await readFile(join(root, 'da-2k/DA-2K.zip'));
    // The archive's own list gets another name, of the same length, in both of its headers.
    for (let at = 0; (at = bytes.indexOf('annotations.json', at)) > 0;) bytes.write('annotations.jsom', at);
    await writeFile(join(folder, 'DA-2K.zip'), bytes);
    const rows = await scoresIn('da-2k apart');
    expect(rows.map(({ accuracy, pairs }) => ({ accuracy, pairs }))).toEqual(expected['da-2k']);
  });

  it('both lists of a set of clips, whose scores are kept apart', async () => {
    const list = (end: string) => join(root, `vda/scannet/scannet_video${end}.json`);
    await copyFile(list(''), list('_500'));
    const rows = await scoresIn('vda');
    for (const folder of ['vda-scannet', 'vda-scannet-500'])
      close(
        rows.filter((row) => row.folder === folder),
        'vda-scannet',
      );
    await rm(list('_500'));
  });
});

it.each(['annotations.json', 'sintel_video.json'])('a list %s that is no JSON is refused by its name', async (name) => {
  const folder = join(root, `broken ${name}`);
  await mkdir(folder);
  await writeFile(join(folder, name), '{"a": [');
  await expect(findBenchmarks(folder)).rejects.toMatchObject({
    code: 'EVAL_LAYOUT',
    message: expect.stringContaining(`${name}: is not JSON`) as string,
  });
});

describe('damaged archives', () => {
  /** A copy of an archive of the fixture with some bytes set, or cut. */
  async function spoilt(path: string, edit: (bytes: Buffer) => Buffer | void): Promise<string> {
    const copy = join(root, `spoilt.${path.slice(-3)}`);
    await copyFile(join(root, path), copy);
    const bytes = await readFile(copy);
    await writeFile(copy, edit(bytes) ?? bytes);
    return copy;
  }
  const readAll = async (path: string) => {
    const tree = await openTree(path);
    try {
      for (const name of tree.names) await tree.read(name);
    } finally {
      await tree.close();
    }
  };
  const zip = 'moge/GSO.zip';
  const tar = 'marigold/diode/diode_val.tar';
  const firstEntryEnd = (bytes: Buffer) =>
    512 + 512 * Math.ceil(Number.parseInt(bytes.toString('latin1', 124, 135), 8) / 512);
  const central = (bytes: Buffer) => bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));

  it.each<[string, string, RegExp, (bytes: Buffer) => Buffer | void]>([
    ['cut short, zip', zip, /no end record/, (b) => b.subarray(0, -30)],
    ['a directory past the end', zip, /states a directory/, (b) => void b.writeUInt32LE(0xfffffff0, b.length - 6)],
    ['a size that no map has', zip, /at most 536870912/, (b) => void b.writeUInt32LE(0xf0000000, central(b) + 24)],
    [
      'a bomb: more than is stated',
      zip,
      /cannot be unpacked to the 3/,
      (b) => void b.writeUInt32LE(3, central(b) + 24),
    ],
    ['less than is stated', zip, /directory states/, (b) => void b.writeUInt32LE(99_999, central(b) + 24)],
    ['another checksum', zip, /checksum/, (b) => void b.writeUInt32LE(1, central(b) + 16)],
    ['encryption', zip, /encrypted/, (b) => void b.writeUInt16LE(1, central(b) + 8)],
    ['another way to pack', zip, /method 12/, (b) => void b.writeUInt16LE(12, central(b) + 10)],
    ['cut short, tar', tar, /inside an entry/, (b) => b.subarray(0, 600)],
    ['cut between entries, tar', tar, /without the empty block/, (b) => b.subarray(0, firstEntryEnd(b))],
    ['another header', tar, /no tar archive/, (b) => void b.fill(1, 0, 20)],
  ])('with %s are refused by name', async (_what, path, words, edit) => {
    const error: { code?: string; message?: string; source?: string } = await readAll(await spoilt(path, edit)).then(
      () => ({}),
      (thrown: object) => thrown,
    );
    expect(error.code).toBe('EVAL_ARCHIVE');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('spoilt');
  });
});

describe('damaged packs', () => {
  const SCENE = 'GSO/scene/0001';
  const intrinsics = (...rows: number[][]) => JSON.stringify({ intrinsics: rows });

  /** The scores of MoGe's GSO with other files in place of some; without those that are undefined. */
  async function spoiltScores(files: Readonly<Record<string, string | Buffer | undefined>>): Promise<BenchmarkRow[]> {
    const folder = await mkdtemp(join(root, 'pack-'));
    const tree = await openTree(join(root, 'moge/GSO.zip'));
    for (const name of tree.names) {
      const content = name in files ? files[name] : await tree.read(name);
      await mkdir(dirname(join(folder, name)), { recursive: true });
      if (content !== undefined) await writeFile(join(folder, name), content);
    }
    await tree.close();
    return scoresIn(basename(folder));
  }

  it.each<[string, string, RegExp, Record<string, string | Buffer | undefined>]>([
    ['no meta.json', 'DEPTH_READ', /meta\.json/, { [`${SCENE}/meta.json`]: undefined }],
    ['null for meta.json', 'EVAL_LAYOUT', /no 3x3 matrix/, { [`${SCENE}/meta.json`]: 'null' }],
    [
      'a camera that looks backwards',
      'EVAL_LAYOUT',
      /no 3x3 matrix/,
      { [`${SCENE}/meta.json`]: intrinsics([-1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]) },
    ],
    [
      'a camera with a view that no lens has',
      'EVAL_LAYOUT',
      /no camera that looks at/,
      { [`${SCENE}/meta.json`]: intrinsics([1e-6, 0, 0.5], [0, 1, 0.5], [0, 0, 1]) },
    ],
    [
      'a camera that looks beside the picture',
      'EVAL_LAYOUT',
      /no camera that looks at/,
      { [`${SCENE}/meta.json`]: intrinsics([1, 0, 50], [0, 1, 50], [0, 0, 1]) },
    ],
    ['no picture in the list', 'EVAL_EMPTY', /name no picture/, { 'GSO/.index.txt': '\n' }],
  ])('with %s are refused', async (_what, code, words, files) => {
    await expect(spoiltScores(files)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
    });
  });

  it('with a picture of another size than its depth, and with depth that is cut short, are refused', async () => {
    const raw = { width: 100, height: 90, channels: 3 as const };
    const picture = await sharp(Buffer.alloc(100 * 90 * 3), { raw })
      .jpeg()
      .toBuffer();
    await expect(spoiltScores({ [`${SCENE}/image.jpg`]: picture })).rejects.toMatchObject({
      code: 'EVAL_SIZE',
      expected: [100, 90],
      actual: [540, 530],
    });
    const tree = await openTree(join(root, 'moge/GSO.zip'));
    const depth = Buffer.from(await tree.read(`${SCENE}/depth.png`));
    await tree.close();
    const cut = { [`${SCENE}/depth.png`]: depth.subarray(0, depth.length / 2) };
    await expect(spoiltScores(cut)).rejects.toMatchObject({ code: 'PNG_DECODE' });
  });

  it.each<[string, string, object]>([
    ['scannet_video.json', 'null', { code: 'EVAL_LAYOUT' }],
    ['scannet_video.json', '{"scannet": null}', { code: 'EVAL_LAYOUT' }],
    ['scannet_video.json', '{"scannet": [{"a": [{"image": 1}]}]}', { code: 'EVAL_LAYOUT' }],
    ['annotations.json', '{"a.jpg": []}', { code: 'EVAL_EMPTY' }],
  ])('with a list %s of %s are refused', async (name, content, error) => {
    const folder = await mkdtemp(join(root, 'list-'));
    await writeFile(join(folder, name), content);
    await expect(findBenchmarks(folder)).rejects.toMatchObject(error);
  });

  it('with points that are no lists are not told for DA-2K', async () => {
    const folder = await mkdtemp(join(root, 'list-'));
    await writeFile(join(folder, 'annotations.json'), '{"a.jpg": [{"point1": 1, "point2": 2}]}');
    expect(await findBenchmarks(folder)).toBeUndefined();
  });
});
