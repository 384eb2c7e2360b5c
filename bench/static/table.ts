import { alignedText, number, type Table } from '../table_text.js';
import type { StaticDocument, StaticRow } from './document.js';

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** A document for people: models first, then the kernels of each, those that take most of it first. */
export function staticTable(document: StaticDocument): string {
  const { chips, models, rows, skipped, date, tool } = document;
  const head = chips.map(
    ({ chip, title, driver, peakTflops }) => `${chip}: ${title}, ${number(peakTflops)} TFLOP/s f32; ${driver}`,
  );
  return [
    `Predicted, not measured: depthwise ${tool.version} ${tool.commit}, ${date}`,
    ...head,
    '',
    alignedText(modelTable(models)),
    ...models.map(({ chip, model, precision, predictedMs }) => {
      const own = rows.filter((row) => row.chip === chip && row.model === model && row.precision === precision);
      return `\n${alignedText(kernelTable(`${chip} ${model} ${precision}`, own, predictedMs))}`;
    }),
    ...skipped.map(({ id, reason }) => `left out: ${id}: ${reason}`),
  ].join('\n');
}

function modelTable(models: StaticDocument['models']): Table {
  return {
    title: 'models',
    columns: ['model', 'size', 'storage', 'chip', 'predicted ms', 'of FMA peak', 'dispatches'],
    rows: models.map(({ model, size, precision, chip, predictedMs, shareOfPeak, dispatches }) => [
      model,
      size,
      precision,
      chip,
      number(predictedMs),
      percent(shareOfPeak),
      String(dispatches),
    ]),
  };
}

function kernelTable(title: string, rows: readonly StaticRow[], modelMs: number): Table {
  const all = (row: StaticRow) => row.nodes * row.predictedMs;
  return {
    title: `${title} (* picked by the rule)`,
    columns: [
      'kernel',
      'shape',
      'nodes',
      'ms of one',
      'of model',
      'of peak',
      'bound by',
      'VGPRs',
      'spilled V+S',
      'LDS B',
      'waves',
      'FMA of VALU',
      'FMA a load',
      'workgroups',
      'useful',
      'hot clamps',
    ],
    rows: [...rows]
      .sort((a, b) => all(b) - all(a))
      .map((row) => [
        `${row.chosen ? '* ' : '  '}${row.kernel}`,
        row.shape,
        String(row.nodes),
        number(row.predictedMs),
        row.chosen ? percent(all(row) / modelMs) : '',
        percent(row.shareOfPeak),
        row.bound,
        String(row.vgprs),
        `${row.spilledVgprs}+${row.spilledSgprs}`,
        String(row.ldsBytes),
        String(row.waves),
        percent(row.fmaShare),
        number(row.fmaPerLoad),
        String(row.workgroups),
        percent(row.useful),
        String(row.hotClamps),
      ]),
  };
}
