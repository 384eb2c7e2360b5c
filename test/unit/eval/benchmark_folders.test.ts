import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import { openTree } from '../../../src/node/archive/file_tree.js';
import { BenchmarkSets } from './benchmark_sets.js';

const sets = new BenchmarkSets();

describe('as users have them', () => {
  it.each(['data_split/nyu_depth/labeled', '.'])('the list of NYU in %s, beside its tar', async (place) => {
    const folder = join(sets.root, `nyu ${place.length}`);
    await mkdir(join(folder, place), { recursive: true });
    const own = 'marigold/data_split/nyu/labeled/filename_list_test.txt';
    await copyFile(join(sets.root, own), join(folder, place, 'filename_list_test.txt'));
    await copyFile(
      join(sets.root, 'marigold/nyuv2/nyu_labeled_extracted.tar'),
      join(folder, 'nyu_labeled_extracted.tar'),
    );
    sets.expectScores(await sets.scoresIn(`nyu ${place.length}`), 'marigold-nyu');
    // Another list of this name.
    await writeFile(join(folder, place, 'filename_list_test.txt'), 'a.png b.png\n');
    expect(await findBenchmarks(folder)).toBeUndefined();
  });

  it('archives are read where they lie: nothing is written beside them or among temporary files', async () => {
    const folder = join(sets.root, 'in place');
    const temporary = join(sets.root, 'temporary');
    for (const each of [folder, temporary]) await mkdir(each);
    await copyFile(join(sets.root, 'moge/GSO.zip'), join(folder, 'GSO.zip'));
    await copyFile(join(sets.root, 'marigold/scannet/scannet_val.tar'), join(folder, 'scannet_val.tar'));
    const list = 'scannet_val_sampled_list_800_1.txt';
    await copyFile(join(sets.root, 'marigold/data_split/scannet_depth', list), join(folder, list));
    vi.stubEnv('TMPDIR', temporary);
    expect(await sets.scoresIn('in place')).toHaveLength(2);
    vi.unstubAllEnvs();
    expect((await readdir(folder)).sort()).toEqual(['GSO.zip', list, 'scannet_val.tar'].sort());
    expect(await readdir(temporary)).toEqual([]);
  });

  it('all lists of DIODE in one folder, of which the whole one counts', async () => {
    const folder = join(sets.root, 'diode');
    await mkdir(folder);
    const list = (part: string) => `diode_val_${part}_filename_list.txt`;
    for (const part of ['all', 'indoor', 'outdoor'])
      await copyFile(join(sets.root, 'marigold/data_split/diode', list('all')), join(folder, list(part)));
    await copyFile(join(sets.root, 'marigold/diode/diode_val.tar'), join(folder, 'diode_val.tar'));
    sets.expectScores(await sets.scoresIn('diode'), 'marigold-diode');
    await rm(join(folder, list('all')));
    expect(await sets.scoresIn('diode')).toHaveLength(2);
  });

  it('Sintel with what macOS leaves beside files', async () => {
    const folder = join(sets.root, 'sintel/training/depth/alley_1');
    await writeFile(join(folder, '._frame_0001.dpt'), 'Mac OS X');
    sets.expectScores(await sets.scoresIn('sintel'), 'midas-sintel');
    await rm(join(folder, '._frame_0001.dpt'));
  });

  it('DA-2K with its annotations outside of the archive, and ./ before the names', async () => {
    const folder = join(sets.root, 'da-2k apart');
    await mkdir(folder);
    const tree = await openTree(join(sets.root, 'da-2k/DA-2K.zip'));
    const annotations = new TextDecoder().decode(await tree.read('DA-2K/annotations.json'));
    await tree.close();
    const named = Object.entries(JSON.parse(annotations) as object).map(([key, value]) => [
      `./${key}`,
      value as unknown,
    ]);
    await writeFile(join(folder, 'annotations.json'), JSON.stringify(Object.fromEntries(named)));
    const bytes = await readFile(join(sets.root, 'da-2k/DA-2K.zip'));
    // The archive's own list gets another name, of the same length, in both of its headers.
    for (let at = 0; (at = bytes.indexOf('annotations.json', at)) > 0;) bytes.write('annotations.jsom', at);
    await writeFile(join(folder, 'DA-2K.zip'), bytes);
    const rows = await sets.scoresIn('da-2k apart');
    expect(rows.map(({ accuracy, pairs }) => ({ accuracy, pairs }))).toEqual(sets.expected['da-2k']);
  });

  it('both lists of a set of clips, whose scores are kept apart', async () => {
    const list = (end: string) => join(sets.root, `vda/scannet/scannet_video${end}.json`);
    await copyFile(list(''), list('_500'));
    const rows = await sets.scoresIn('vda');
    for (const folder of ['vda-scannet', 'vda-scannet-500'])
      sets.expectScores(
        rows.filter((row) => row.folder === folder),
        'vda-scannet',
      );
    await rm(list('_500'));
  });
});
