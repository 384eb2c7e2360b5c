import type { BenchDocument, KernelResult, ModelResult, PeerResult, Peaks } from './document.js';
import { headerText } from './environment.js';
import type { Summary } from './statistics.js';

/** A table for people; the first column is text, the others numbers with their units in the heading. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every table of a document, from the document alone. */
export function tablesOf(document: BenchDocument): Table[] {
  const tables = [
    peaksTable(document.peaks),
    kernelTable(document),
    modelTable(document.models),
    peerTable(document.peers),
    peerNetworkTable(document.peers),
    submitTable(document.peers),
    skippedTable(document),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** Header and tables as text, columns aligned. */
export function tableText(document: BenchDocument): string {
  return [headerText(document).join('\n'), ...tablesOf(document).map(alignedText)].join('\n\n');
}

export function peaksLine(peaks: Peaks): string {
  const parts = peaksTable(peaks).rows.map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? `ceilings: ${parts.join(', ')}` : 'ceilings: not measured';
}

export function kernelLine({ id, ms, gflops, gbs, flops, ...accuracy }: KernelResult): string {
  return (
    `${id}: ${milliseconds(ms)} ms, ${flops > 0 ? `${number(gflops)} GFLOP/s` : `${number(gbs)} GB/s`}, ` +
    `${errorText(accuracy)}`
  );
}

export function modelLine({ id, steadyMs, firstMs, loadMs, dispatches, ...accuracy }: ModelResult): string {
  return (
    `${id}: steady ${milliseconds(steadyMs)} ms, first ${number(firstMs)} ms, load ${number(loadMs)} ` +
    `ms, ${dispatches} dispatches, ${errorText(accuracy)}`
  );
}

export function peerLine({ id, ratio, depthwise, other, maxDifference }: PeerResult): string {
  const outputs =
    maxDifference === undefined ? 'outputs not compared' : `outputs differ by ${maxDifference.toExponential(1)}`;
  return (
    `${id}: ${ratio.toFixed(2)}×, ${milliseconds(depthwise.ms)} beside ${milliseconds(other.ms)} ms ` +
    `(first ${number(other.firstMs)}), ${outputs}`
  );
}

function errorText({ ok, gateRatio, checked }: Pick<KernelResult, 'ok' | 'gateRatio' | 'checked'>): string {
  return `${ok ? 'right' : 'WRONG'}: ${gateRatio.toFixed(2)} of the gate on ${checked}`;
}

function peaksTable({ fmaF32, fmaF16, copyGBs, workgroupGBs, dispatchUs }: Peaks): Table {
  const entries = [
    ['FMA f32 GFLOP/s', fmaF32],
    ['FMA f16 GFLOP/s', fmaF16],
    ['copy GB/s', copyGBs],
    ['workgroup memory GB/s', workgroupGBs],
    ['dispatch µs', dispatchUs],
  ] as const;
  return {
    title: 'Measured ceilings',
    columns: ['ceiling', 'value'],
    rows: entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, number(value)]])),
  };
}

function kernelTable(document: BenchDocument): Table {
  const { results } = document;
  const columns = [
    'kernel',
    'min ms',
    'median',
    'p95',
    'n×repeats',
    'GFLOP/s',
    'GB/s',
    '% FMA',
    '% roof',
    'max abs err',
    'of gate',
    'checked',
  ];
  const ranked = isRanked(document);
  const best = new Map<string, number>();
  for (const { op, dtype, case: name, ms } of results) {
    const key = `${op} ${dtype} ${name}`;
    best.set(key, Math.min(best.get(key) ?? Infinity, ms.median));
  }
  const rows = results.map((r) => {
    const fastest = ranked && best.get(`${r.op} ${r.dtype} ${r.case}`) === r.ms.median;
    return [
      `${fastest ? '* ' : ''}${r.id}`,
      number(r.ms.min),
      `${number(r.ms.median)}${r.stable ? '' : '~'}`,
      number(r.ms.p95),
      `${r.ms.n}×${r.repeats}`,
      number(r.gflops),
      number(r.gbs),
      percent(r.pctPeak),
      percent(r.pctRoof),
      r.maxAbsErr.toExponential(1),
      `${r.gateRatio.toFixed(2)}${r.ok ? '' : ' WRONG'}`,
      r.checked,
    ];
  });
  return {
    title: ranked
      ? 'Kernels (* fastest of its case, ~ never stable)'
      : 'Kernels (not ranked: a software adapter; ~ never stable)',
    columns,
    rows,
  };
}

/** Kernels are ranked on GPUs, and on a CPU only where the run asked for it. */
export function isRanked({ env, protocol }: Pick<BenchDocument, 'env' | 'protocol'>): boolean {
  return !env.adapter.software || protocol.rankSoftware;
}

function modelTable(models: readonly ModelResult[]): Table {
  const columns = [
    'model',
    'min ms',
    'median',
    'p95',
    'GPU ms',
    'first',
    'load',
    'compile',
    'upload',
    'encode ms',
    'dispatches',
    'pipelines',
    'weights MB',
    'activations MB',
    '× bound',
    'error',
    'checked',
  ];
  const rows = models.map((m) => [
    `${m.id}${m.ok ? '' : ' WRONG'}`,
    number(m.steadyMs.min),
    `${number(m.steadyMs.median)}${m.stable ? '' : '~'}`,
    number(m.steadyMs.p95),
    m.gpuMs ? number(m.gpuMs.median) : '',
    number(m.firstMs),
    number(m.loadMs),
    number(m.compileMs),
    number(m.uploadMs),
    number(m.encodeMs.median),
    String(m.dispatches),
    String(m.pipelines),
    number(m.memory.weights / 1e6),
    number(m.memory.activations / 1e6),
    (m.memory.activations / m.memory.lowerBound).toFixed(2),
    m.maxRelErr.toExponential(1),
    m.checked,
  ]);
  return { title: 'Whole models, seeded weights', columns, rows };
}

function peerTable(peers: readonly PeerResult[]): Table {
  const columns = ['case beside peer', 'ratio', 'Depthwise ms', 'peer ms', 'peer first', 'n', 'timed', 'difference'];
  const rows = peers.map((p) => [
    p.id,
    `${p.ratio.toFixed(2)}×`,
    number(p.depthwise.ms.median),
    number(p.other.ms.median),
    number(p.other.firstMs),
    `${p.depthwise.ms.n}, ${p.other.ms.n}`,
    p.timed,
    p.maxDifference?.toExponential(1) ?? '',
  ]);
  return { title: 'Beside peers, same process (ratio above 1: Depthwise is faster)', columns, rows };
}

function peerNetworkTable(peers: readonly PeerResult[]): Table {
  const facts = new Map(peers.flatMap(({ case: name, depthwise: { network } }) => (network ? [[name, network]] : [])));
  const rows = [...facts].map(([name, { dispatches, pipelines, activations, lowerBound }]) => [
    name,
    String(dispatches),
    String(pipelines),
    number(activations / 1e6),
    (activations / lowerBound).toFixed(2),
  ]);
  return {
    title: 'The networks of these on Depthwise, on any machine',
    columns: ['network', 'dispatches', 'pipelines', 'activations MB', '× bound'],
    rows,
  };
}

function submitTable(peers: readonly PeerResult[]): Table {
  const columns = ['case beside peer', 'ratio', 'Depthwise ms', 'peer ms', 'n', 'submits', 'dispatches', 'waits'];
  const rows = peers.flatMap(({ id, depthwise: { submit: own }, other: { submit: theirs } }) => {
    if (!own || !theirs) return [];
    const counts = (['submits', 'dispatches', 'waits'] as const).map((name) => `${own[name]}, ${theirs[name]}`);
    return [
      [
        id,
        `${(theirs.ms.median / own.ms.median).toFixed(2)}×`,
        number(own.ms.median),
        number(theirs.ms.median),
        `${own.ms.n}, ${theirs.ms.n}`,
        ...counts,
      ],
    ];
  });
  return {
    title:
      'Beside peers, from the start of a call until its last submit (waits for the GPU until then; at 0 it is all CPU)',
    columns,
    rows,
  };
}

function skippedTable({ skipped }: BenchDocument): Table {
  return { title: 'Left out', columns: ['case', 'reason'], rows: skipped.map(({ id, reason }) => [id, reason]) };
}

/** A table as lines of aligned text: names to the left, numbers to the right. */
export function alignedText({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)));
  const numeric = columns.map((_, i) => i > 0 && rows.every((row) => /^[*~]?-?[\d.]|^$/.test(row[i] ?? '')));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd();
  return [title, line(columns), ...rows.map(line)].join('\n');
}

function milliseconds({ min, median, p95 }: Summary): string {
  return `${number(min)}/${number(median)}/${number(p95)}`;
}

function percent(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(1);
}

/** Three significant digits, without exponents. */
export function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}
