import { describe, expect, it } from 'vitest';
import { CHIPS } from '../../bench/static/chips.js';
import { peakFlops } from '../../bench/static/cost_model.js';
import { parseStaticDocument, SCHEMA, type StaticRow } from '../../bench/static/document.js';

const ROW: StaticRow = {
  chip: 'navi31',
  model: 'tiny',
  kernel: 'gemm/tiled',
  shape: '2x4x8',
  chosen: true,
  precision: 'f32',
  nodes: 1,
  vgprs: 80,
  spilledVgprs: 0,
  spilledSgprs: 0,
  ldsBytes: 0,
  waves: 8,
  fmaShare: 0.9,
  fmaPerLoad: 16,
  workgroups: 4,
  predictedMs: 0.1,
  bound: 'valu',
  shareOfPeak: 0.8,
  useful: 1,
  hotClamps: 0,
  hotSpills: false,
};

function textWith(row: object): string {
  const tool = { version: '0', commit: '0' };
  const head = { schema: SCHEMA, date: '2026-11-27T12:00:00Z', tool, chips: [], models: [], skipped: [] };
  return JSON.stringify({ ...head, rows: [{ ...ROW, ...row }] });
}

describe('a document of bench:static', () => {
  it('is read back', () => {
    expect(parseStaticDocument(textWith({})).rows).toEqual([ROW]);
  });

  it.each([
    [{ shareOfPeak: 1.3 }, 'rows[0].shareOfPeak is 1.3, not of 0 to 1'],
    [{ fmaShare: -0.1 }, 'rows[0].fmaShare is -0.1, not of 0 to 1'],
    [{ predictedMs: 0 }, 'rows[0].predictedMs is 0, not above 0'],
    [{ waves: 0 }, 'rows[0] has 0 waves and 80 registers, not above 0'],
    [{ vgprs: 'many' }, 'rows[0].vgprs is not of kind number'],
  ])('is refused with %o', (row, fault) => {
    expect(() => parseStaticDocument(textWith(row))).toThrow(fault);
  });
});

it('the peak of a chip is what its data sheet says: RDNA3 begins two operations a lane and clock', () => {
  expect(CHIPS.map((chip) => [chip.name, Math.round(peakFlops(chip) / 1e11) / 10])).toEqual([
    ['navi21', 16.1],
    ['navi31', 56.5],
  ]);
});
