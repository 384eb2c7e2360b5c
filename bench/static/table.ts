import { alignedText, number, type Table } from '../table_text.js';
import { isPredicted, type CountedRow, type StaticDocument, type StaticRow } from './document.js';
import { comparePeers, type PeerComparison } from './peer_comparison.js';
import { spills } from './spills.js';

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** A document for people: models first, then the kernels of each, those that take most of it first. */
export function staticTable(document: StaticDocument): string {
  const { chips, models, skipped, date, tool } = document;
  const rows = document.rows.filter(isPredicted);
  const compared = comparePeers(rows);
  const counted = document.rows.filter((row) => !isPredicted(row)) as CountedRow[];
  const head = chips.map(
    ({ chip, title, driver, peakTflops }) =>
      `${chip}: ${title}, ${peakTflops ? `${number(peakTflops)} TFLOP/s f32; ` : ''}${driver}`,
  );
  return [
    `Predicted, not measured: depthwise ${tool.version} ${tool.commit}, ${date}`,
    ...head,
    '',
    ...(models.length > 0 ? [alignedText(modelTable(models))] : []),
    ...models.map(({ chip, model, precision, predictedMs }) => {
      const own = rows.filter(
        (row) => !row.peer && row.chip === chip && row.model === model && row.precision === precision,
      );
      return `\n${alignedText(kernelTable(`${chip} ${model} ${precision}`, own, predictedMs))}`;
    }),
    ...(compared.length > 0 ? ['', alignedText(peerTable(compared))] : []),
    ...(counted.length > 0 ? ['', alignedText(spillTable(counted)), '', alignedText(countedTable(counted))] : []),
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

function peerTable(compared: readonly PeerComparison[]): Table {
  return {
    title: 'beside peers, their dispatches that multiply alone',
    columns: ['kernel', 'chip', 'model', 'shape', 'ms', 'peer', 'its ms', 'of ours'],
    rows: compared.map(({ kernel, chip, model, shape, ours, peer, theirs, ratio }) => [
      kernel,
      chip,
      model,
      shape,
      number(ours),
      peer,
      number(theirs),
      `${ratio.toFixed(2)}x`,
    ]),
  };
}

/** Kernels that spill registers, of those that the rule picks. */
function spillTable(rows: readonly CountedRow[]): Table {
  return {
    title: 'texts that spill registers, of those that the rule picks',
    columns: ['chip', 'storage', 'lanes', 'asked for', 'texts', 'that spill', 'in hot loops', 'stores', 'loads'],
    rows: spills(rows.filter(({ chosen }) => chosen)).map(
      ({ chip, precision, lanes, lanesAsked, texts, spilling, hot, stores, loads }) => [
        chip,
        precision,
        String(lanes),
        lanesAsked ? 'yes' : 'no',
        String(texts),
        String(spilling),
        String(hot),
        String(stores),
        String(loads),
      ],
    ),
  };
}

function countedTable(rows: readonly CountedRow[]): Table {
  return {
    title: 'counted by compilers (* picked by the rule; lanes: * asked for)',
    columns: [
      'kernel',
      'chip',
      'model',
      'shape',
      'storage',
      'nodes',
      'lanes',
      'spill stores',
      'spill loads',
      'in hot loop',
      'FMA in it',
      'instructions',
      'messages',
      'cycles a lane',
      'LDS B',
      'workgroups',
    ],
    rows: [...rows]
      .sort((a, b) => b.spilledVgprs - a.spilledVgprs)
      .map((row) => [
        `${row.chosen ? '* ' : '  '}${row.kernel}`,
        row.chip,
        row.model,
        row.shape,
        row.precision,
        String(row.nodes),
        `${row.lanesAsked ? '*' : ''}${row.lanes}`,
        String(row.spilledVgprs),
        String(row.fills),
        String(row.hotSpills),
        percent(row.hotFmaShare),
        String(row.instructions),
        String(row.sends),
        number(row.cycles / row.lanes),
        String(row.ldsBytes),
        String(row.workgroups),
      ]),
  };
}
