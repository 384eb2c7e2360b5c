import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments, type EvaluateCommand } from '../../../src/cli/arguments.js';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import { evaluateModel } from '../../../src/cli/evaluate.js';
import { Session } from '../../../src/cli/session.js';
import { protocols, type ProtocolName } from '../../../src/eval/protocols.js';
import { benchmarkRows, summarizeBenchmarks } from '../../../src/eval/report.js';
import { BenchmarkSets } from './benchmark_sets.js';

const sets = new BenchmarkSets();

describe('public benchmarks', () => {
  it.each([
    ['moge', Object.keys(protocols).filter((name) => name.startsWith('moge-'))],
    ['marigold', ['marigold-nyu', 'marigold-kitti', 'marigold-eth3d', 'marigold-diode', 'marigold-scannet']],
    ['sintel', ['midas-sintel']],
    ['vda', ['vda-scannet']],
  ])(
    'in the layout %s are told by themselves, and scored as another implementation scores them',
    async (set, names) => {
      const rows = await sets.scoresIn(set);
      expect([...new Set(rows.map(({ folder }) => folder))].sort()).toEqual([...names].sort());
      for (const name of names) {
        const own = rows.filter(({ folder }) => folder === name);
        sets.expectScores(own, name);
      }
    },
  );

  it('of ordered pairs give the share of pairs in order, over pairs and not pictures', async () => {
    const rows = await sets.scoresIn('da-2k/DA-2K.zip');
    expect(rows.map(({ accuracy, pairs }) => ({ accuracy, pairs }))).toEqual(sets.expected['da-2k']);
    const { mean, folders } = summarizeBenchmarks(rows);
    const right = sets.expected['da-2k']!.reduce((sum, row) => sum + row.accuracy! * row.pairs!, 0);
    expect(mean).toEqual({ accuracy: right / 7, pairs: 7, samples: 2 });
    expect(Object.keys(folders)).toEqual(['indoor', 'underwater']);
    expect(benchmarkRows(summarizeBenchmarks(rows)).at(-1)).toEqual(['mean of 2', (right / 7).toFixed(4)]);
  });

  it('are scored by another protocol where one is named, with another cap', async () => {
    const [own] = await sets.scoresIn('marigold/../sintel');
    const [other] = await sets.scoresIn('sintel', 'midas-nyu');
    expect(other!.folder).toBe('midas-nyu');
    expect(other!.boundaryF1).toBeUndefined();
    expect(other!.absRel).not.toBeCloseTo(own!.absRel!, 3);
  });

  it('that are not there are an error where a protocol is named, and nothing otherwise', async () => {
    const folder = join(sets.root, 'empty');
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
    const rows = await sets.scoresIn('marigold', protocol, picture);
    sets.expectScores(rows, protocol);
  });
});
