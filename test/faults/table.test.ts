import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from './table.js';

const ROOT = join(import.meta.dirname, '../..');
/** Faults of each room of the list. */
const COUNTS = { S: 36, P: 26, I: 16, L: 14, G: 22, N: 22, C: 20 };

describe('the table of faults', () => {
  const rows = Object.entries(FAULTS);

  it('has every fault once', () => {
    const ids = Object.entries(COUNTS).flatMap(([room, count]) =>
      Array.from({ length: count }, (_, i) => `${room}${String(i + 1).padStart(2, '0')}`),
    );
    expect(ids).toHaveLength(156);
    expect(Object.keys(FAULTS)).toEqual(ids);
  });

  it('names a test that there is for each', () => {
    const texts = new Map(rows.map(([, { file }]) => [file, readFileSync(join(ROOT, file), 'utf8')]));
    for (const [id, { file, title }] of rows) expect(texts.get(file), id).toContain(title);
    console.log(`${rows.length} faults, each asserted by a test in one of ${texts.size} files`);
  });
});
