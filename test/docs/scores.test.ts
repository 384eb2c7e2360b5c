import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { depthModels } from '../../src/index.js';
import { parseArguments } from '../../src/cli/arguments.js';
import { protocols } from '../../src/eval/protocols.js';
import { summarizeBenchmarks } from '../../src/eval/report.js';
import {
  commandOf,
  DATA,
  measuredOf,
  readJson,
  scoresPage,
  type Published,
  type Scores,
} from '../../tools/scores/table.mjs';
import { ROOT } from './markdown.js';

const published = readJson(join(ROOT, 'tools/scores/published.json')) as Published;
const measured = readJson(join(ROOT, 'tools/scores/measured.json')) as Record<string, Scores>;
const licensed = new Set<string>(depthModels.filter(({ permissive }) => !permissive).map(({ name }) => name));

describe('docs/scores.md', () => {
  it('is what tools/scores/table.mjs writes', () => {
    expect(readFileSync(join(ROOT, 'docs/scores.md'), 'utf8')).toBe(scoresPage(published, measured, licensed));
  });

  it('has commands that run as they stand, a source for every number, and each row once', () => {
    const names = new Set<string>(depthModels.map(({ name }) => name));
    for (const row of published.rows) {
      expect(names, row.model).toContain(row.model);
      expect(DATA[row.protocol], row.protocol).toBeDefined();
      expect(published.sources[row.source]?.[1], row.source).toMatch(/^https:/);
      for (const value of Object.values(row.published))
        expect(value > 0 && value < 1, `${row.model} ${value}`).toBe(true);
      const [npx, tool, ...argv] = commandOf(row, licensed).split(' ');
      expect([npx, tool]).toEqual(['npx', 'depthwise']);
      const command = parseArguments(argv) as { model: string; protocol?: string; acceptLicense?: boolean };
      expect(command).toMatchObject({ command: 'evaluate', model: row.model });
      // Others come with their layout.
      expect(command.protocol ?? row.protocol).toBe(row.protocol);
      expect(row.protocol.replace(/-500$/, '') in protocols || row.protocol === 'da-2k').toBe(true);
      expect(Boolean(command.acceptLicense)).toBe(licensed.has(row.model));
    }
    const keys = published.rows.map(({ model, protocol, source }) => `${model} ${protocol} ${source}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Object.keys(measured).filter((key) => !keys.some((each) => each.startsWith(`${key} `)))).toEqual([]);
  });

  it('shows what eval --json wrote', () => {
    const rows = [
      { picture: 'a', folder: 'midas-nyu', samples: 1, absRel: 0.05, rmse: 1, delta: 0.97 },
      { picture: 'b', folder: 'midas-nyu', samples: 1, absRel: 0.07, rmse: 1, delta: 0.95 },
    ];
    const pairs = [{ picture: 'c', folder: 'indoor', samples: 1, accuracy: 0.5, pairs: 4 }];
    const model = 'depth-anything-v2-small';
    const found = measuredOf(
      [rows, pairs].map((each) => ({ model, ...(summarizeBenchmarks(each) as never as object) }) as never),
    );
    expect(found).toEqual({
      [`${model} midas-nyu`]: { absRel: 0.06, delta: 0.96 },
      [`${model} da-2k`]: { accuracy: 0.5 },
    });
    const page = scoresPage(published, found, licensed);
    expect(page).toContain(`| AbsRel 0.06, δ<1.25 0.96 | \`npx depthwise eval -m ${model} --data nyu`);
    expect(page).toContain(`| accuracy 0.5 | \`npx depthwise eval -m ${model} --data DA-2K.zip`);
  });
});
