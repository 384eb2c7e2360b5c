import type { Summary } from './statistics.js';

/** A table for people; the first column is text, the others numbers with their units in the heading. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
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

/** Minimum, median and p95. */
export function milliseconds({ min, median, p95 }: Summary): string {
  return `${number(min)}/${number(median)}/${number(p95)}`;
}

/** Three significant digits, without exponents. */
export function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}
