import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import type { BenchmarkRow } from '../../../src/eval/report.js';
import { openTree } from '../../../src/node/archive/file_tree.js';
import { BenchmarkSets } from './benchmark_sets.js';

const sets = new BenchmarkSets();

it.each(['annotations.json', 'sintel_video.json'])('a list %s that is no JSON is refused by its name', async (name) => {
  const folder = join(sets.root, `broken ${name}`);
  await mkdir(folder);
  await writeFile(join(folder, name), '{"a": [');
  await expect(findBenchmarks(folder)).rejects.toMatchObject({
    code: 'EVAL_LAYOUT',
    message: expect.stringContaining(`${name}: is not JSON`) as string,
  });
});

describe('damaged packs', () => {
  const SCENE = 'GSO/scene/0001';
  const intrinsics = (...rows: number[][]) => JSON.stringify({ intrinsics: rows });

  /** The scores of MoGe's GSO with other files in place of some; without those that are undefined. */
  async function spoiltScores(files: Readonly<Record<string, string | Buffer | undefined>>): Promise<BenchmarkRow[]> {
    const folder = await mkdtemp(join(sets.root, 'pack-'));
    const tree = await openTree(join(sets.root, 'moge/GSO.zip'));
    for (const name of tree.names) {
      const content = name in files ? files[name] : await tree.read(name);
      await mkdir(dirname(join(folder, name)), { recursive: true });
      if (content !== undefined) await writeFile(join(folder, name), content);
    }
    await tree.close();
    return sets.scoresIn(basename(folder));
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
    const tree = await openTree(join(sets.root, 'moge/GSO.zip'));
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
    const folder = await mkdtemp(join(sets.root, 'list-'));
    await writeFile(join(folder, name), content);
    await expect(findBenchmarks(folder)).rejects.toMatchObject(error);
  });

  it('with points that are no lists are not told for DA-2K', async () => {
    const folder = await mkdtemp(join(sets.root, 'list-'));
    await writeFile(join(folder, 'annotations.json'), '{"a.jpg": [{"point1": 1, "point2": 2}]}');
    expect(await findBenchmarks(folder)).toBeUndefined();
  });
});
