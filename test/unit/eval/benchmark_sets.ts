import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { findBenchmarks } from '../../../src/cli/benchmarks/find_benchmarks.js';
import { scoreBenchmark, type EstimateDisparity } from '../../../src/cli/benchmarks/score_benchmark.js';
import type { ProtocolName } from '../../../src/eval/protocols.js';
import type { BenchmarkRow } from '../../../src/eval/report.js';

/** Sets in the public layouts, and their scores by tools/fixtures/record_benchmarks.py, which shares no code. */
const FIXTURE = join(import.meta.dirname, '../../fixtures/eval/benchmarks.tar.gz');

/** A copy of the sets for the tests of a file. */
export class BenchmarkSets {
  root = '';
  expected: Readonly<Record<string, readonly Partial<BenchmarkRow>[]>> = {};

  constructor() {
    beforeAll(async () => {
      this.root = await mkdtemp(join(tmpdir(), 'depthwise-'));
      execFileSync('tar', ['xzf', FIXTURE, '-C', this.root]);
      this.expected = JSON.parse(await readFile(join(this.root, 'scores.json'), 'utf8')) as typeof this.expected;
    });
    afterAll(() => rm(this.root, { recursive: true }));
  }

  /** @param only a part of the names of the pictures that are scored */
  async scoresIn(folder: string, protocol?: ProtocolName, only = '', estimate = waves): Promise<BenchmarkRow[]> {
    const found = await findBenchmarks(join(this.root, folder), protocol);
    try {
      const rows: BenchmarkRow[] = [];
      for (const benchmark of found!.benchmarks) {
        const samples = benchmark.samples.filter(({ picture }) => picture.includes(only));
        for await (const row of scoreBenchmark({ ...benchmark, samples }, estimate)) rows.push(row);
      }
      return rows;
    } finally {
      await found?.close();
    }
  }

  /** Within 1e-6 of what the other implementation gives. */
  expectScores(rows: readonly BenchmarkRow[], name: string): void {
    const expected = this.expected[name]!;
    expect(rows).toHaveLength(expected.length);
    for (const [i, scores] of expected.entries())
      for (const [key, value] of Object.entries(scores))
        expect(Math.abs((rows[i]![key as 'absRel'] as number) - (value as number)), `${name} ${i} ${key}`).toBeLessThan(
          1e-6,
        );
  }
}

/** The made-up disparity of the recorder: waves, whose phase is the length of a name, and a board. */
export const waves: EstimateDisparity = async ({ width, height }, name) => {
  const columns = Float64Array.from({ length: width }, (_, x) => 0.8 * Math.sin((7 * (x + 0.5)) / width + name.length));
  const found = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const v = (y + 0.5) / height;
    const row = 1.1 + 0.5 * Math.cos(5 * v);
    for (let x = 0; x < width; x++, i++) {
      const u = (x + 0.5) / width;
      const board = (Math.floor(160 * u) + Math.floor(90 * v)) % 2;
      found[i] = row + columns[x]! + u * v + 0.4 * board;
    }
  }
  return found;
};
