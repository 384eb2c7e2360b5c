import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCHEMA, type StaticDocument, type StaticModel, type StaticRow } from '../../bench/static/document.js';
import { NETWORKS } from '../../bench/static/networks.js';
import { parsePrediction, predictionOf, regressions } from '../../bench/static/prediction.js';

const MODEL: StaticModel = {
  chip: 'navi21',
  model: 'tiny',
  size: '14×14',
  precision: 'f32',
  dispatches: 3,
  predictedMs: 2,
  shareOfPeak: 0.5,
};
const ROW = {
  chip: 'navi21',
  model: 'tiny',
  kernel: 'gemm/tiled',
  shape: '2x4x8',
  chosen: true,
  precision: 'f32',
  nodes: 1,
  predictedMs: 0.1,
  fmaShare: 0.9,
  hotClamps: 0,
  hotSpills: false,
} as StaticRow;

function documentWith(model: Partial<StaticModel>, row: Partial<StaticRow> = {}): StaticDocument {
  const [models, rows] = [[{ ...MODEL, ...model }], [{ ...ROW, ...row }]];
  const tool = { version: '0', commit: '0' };
  return { schema: SCHEMA, date: '2026-11-27T12:00:00Z', tool, chips: [], rows, models, skipped: [] };
}

const prediction = predictionOf(documentWith({ predictedMs: 2.00004 }));

describe('a prediction', () => {
  it('is what is read back, with the day and four digits', () => {
    expect(prediction).toMatchObject({ date: '2026-11-27', models: [{ model: 'tiny', predictedMs: 2 }] });
    expect(parsePrediction(JSON.stringify(prediction))).toEqual(prediction);
  });

  it.each([
    [{ schema: 'depthwise-prediction/0' }, 'schema is "depthwise-prediction/0"'],
    [{ date: 'today' }, 'date is "today"'],
    [{ models: [{ ...MODEL, predictedMs: 0 }] }, 'tiny takes 0 ms'],
  ])('is refused with %o', (changes, fault) => {
    expect(() => parsePrediction(JSON.stringify({ ...prediction, ...changes }))).toThrow(fault);
  });

  it('of the repository is of models and sizes that there are', () => {
    const { models } = parsePrediction(readFileSync('bench/static/prediction.json', 'utf8'));
    expect(models.length).toBeGreaterThan(0);
    for (const { model, size } of models)
      expect(NETWORKS.map((one) => [one.model, `${one.width}×${one.height}`])).toContainEqual([model, size]);
  });
});

describe('what is worse than predicted', () => {
  it.each([
    [{}, {}],
    [{ predictedMs: 1 }, {}],
    [{ predictedMs: 2.05 }, {}],
    [{}, { chosen: false, hotClamps: 3, hotSpills: true, fmaShare: 0.5 }],
    [{}, { fmaShare: 0.8 }],
    [{}, { fmaShare: 0.5, predictedMs: 0.03 }],
    [{}, { fmaShare: 0.5, precision: 'f16' as const }],
    [{}, { fmaShare: 0.5, kernel: 'gemm/split' }],
  ])('is nothing of %o, %o', (model, row) => {
    expect(regressions(prediction, documentWith(model, row))).toEqual([]);
  });

  it.each([
    [{ predictedMs: 2.07 }, {}, 'navi21 tiny f32: 2.070 ms, 2 ms predicted'],
    [{ precision: 'f16' as const }, {}, 'navi21 tiny f32 is not there'],
    [{}, { hotClamps: 1 }, 'navi21 tiny gemm/tiled 2x4x8: 1 clamped indices in its hot loop'],
    [{}, { hotSpills: true }, 'navi21 tiny gemm/tiled 2x4x8: spilled registers in its hot loop'],
    [{}, { fmaShare: 0.79 }, "navi21 tiny gemm/tiled 2x4x8: 0.790 of its vector ALU's clocks, 0.8 asked for"],
    [
      {},
      { fmaShare: 0.86, kernel: 'gemm_layer_norm/tiled', nodes: 2, predictedMs: 0.03 },
      "navi21 tiny gemm_layer_norm/tiled 2x4x8: 0.860 of its vector ALU's clocks, 0.87 asked for",
    ],
  ])('is told of %o, %o', (model, row, fault) => {
    expect(regressions(prediction, documentWith(model, row))).toEqual([fault]);
  });
});
