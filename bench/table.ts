import type { BenchDocument, KernelResult, ModelResult, Peaks } from './document.js';
import { headerText } from './environment.js';
import { peerNetworkTable, peerTable, submitTable } from './peer_tables.js';
import { alignedText, milliseconds, number, type Table } from './table_text.js';

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

function skippedTable({ skipped }: BenchDocument): Table {
  return { title: 'Left out', columns: ['case', 'reason'], rows: skipped.map(({ id, reason }) => [id, reason]) };
}

function percent(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(1);
}
