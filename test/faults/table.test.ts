import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS, OPEN } from './table.js';

const ROOT = join(import.meta.dirname, '../..');
/** Faults of each room of the list. */
const COUNTS = { S: 36, P: 26, I: 16, L: 14, G: 22, N: 22, C: 20 };
/** Faults that a test is known to assert: it only grows. */
const LEAST = 130;

describe('the table of faults', () => {
  const rows = Object.entries(FAULTS);
  const asserted = rows.filter(([, row]) => row !== OPEN);

  it('has every fault once', () => {
    const ids = Object.entries(COUNTS).flatMap(([room, count]) =>
      Array.from({ length: count }, (_, i) => `${room}${String(i + 1).padStart(2, '0')}`),
    );
    expect(ids).toHaveLength(156);
    expect(Object.keys(FAULTS)).toEqual(ids);
  });

  it('names tests that there are, and no fewer than before', () => {
    for (const [id, row] of rows)
      if (row !== OPEN) expect(readFileSync(join(ROOT, row.file), 'utf8'), id).toContain(row.title);
    console.log(`${asserted.length} of ${rows.length} faults are asserted by a test that the table names`);
    expect(asserted.length).toBeGreaterThanOrEqual(LEAST);
  });
});
