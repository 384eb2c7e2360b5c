import type { BenchDocument } from './document.js';
import type { Summary } from './statistics.js';
import { number, type Table } from './table_text.js';

/** What became of one case between two runs. */
export interface Move {
  readonly id: string;
  readonly before: Summary;
  readonly after: Summary;
  /** New median over old: below 1 is faster. */
  readonly ratio: number;
  /** Moved only when the medians lie further apart than both the spread of the samples and `LEAST`. */
  readonly verdict: 'faster' | 'slower' | 'same';
}

/** Differences below this are never called moves. */
const LEAST = 0.03;
/** A median of n samples has a standard error of about 1.25·σ/√n, with σ about 1.48 times the median deviation. */
const SPREAD = 1.25 * 1.4826;
/** Standard errors between medians that count as different. */
const SIGMAS = 3;

/** Cases in both runs, with what moved first, most first. */
export function moves(before: BenchDocument, after: BenchDocument): Move[] {
  const old = new Map(timesOf(before));
  const found = timesOf(after).flatMap(([id, ms]) => {
    const then = old.get(id);
    return then ? [moveOf(id, then, ms)] : [];
  });
  const weight = ({ verdict, ratio }: Move) => (verdict === 'same' ? 0 : Math.abs(Math.log(ratio)));
  return found.sort((a, b) => weight(b) - weight(a));
}

function timesOf({ results, models }: BenchDocument): [string, Summary][] {
  return [
    ...results.map((r): [string, Summary] => [r.id, r.ms]),
    ...models.map((m): [string, Summary] => [m.id, m.steadyMs]),
  ];
}

function moveOf(id: string, before: Summary, after: Summary): Move {
  const ratio = after.median / before.median;
  const error = (s: Summary) => (SPREAD * s.mad) / Math.sqrt(s.n);
  const apart =
    Math.abs(after.median - before.median) >
    Math.max(LEAST * before.median, SIGMAS * Math.hypot(error(before), error(after)));
  return { id, before, after, ratio, verdict: !apart ? 'same' : ratio < 1 ? 'faster' : 'slower' };
}

/** What moved as a table, and in words what keeps the two runs from being comparable. */
export function comparison(
  before: BenchDocument,
  after: BenchDocument,
): { readonly warnings: readonly string[]; readonly table: Table } {
  const found = moves(before, after);
  const ids = (document: BenchDocument) => timesOf(document).map(([id]) => id);
  const only = (here: BenchDocument, there: BenchDocument) => ids(here).filter((id) => !ids(there).includes(id));
  const differing = (['description', 'vendor', 'architecture', 'device'] as const).filter(
    (field) => before.env.adapter[field] !== after.env.adapter[field],
  );
  const count = (verdict: Move['verdict']) => found.filter((move) => move.verdict === verdict).length;
  const warnings = [
    ...differing.map(
      (field) => `adapters differ: ${field} is "${after.env.adapter[field]}", was "${before.env.adapter[field]}"`,
    ),
    ...(before.clock.source === after.clock.source
      ? []
      : [`clocks differ: ${after.clock.source}, was ${before.clock.source}`]),
    ...((before.protocol.cold ?? false) === (after.protocol.cold ?? false)
      ? []
      : ['caches were cold in one of the runs only']),
    ...only(after, before).map((id) => `new: ${id}`),
    ...only(before, after).map((id) => `gone: ${id}`),
  ];
  const rows = found.map(({ id, before: b, after: a, ratio, verdict }) => [
    id,
    number(b.median),
    number(a.median),
    ratio.toFixed(3),
    verdict,
  ]);
  const title =
    `Since ${before.date} (${before.tool.commit}): ${count('faster')} faster, ${count('slower')} ` +
    `slower, ${count('same')} within noise`;
  return { warnings, table: { title, columns: ['case', 'before ms', 'now ms', 'ratio', 'verdict'], rows } };
}
