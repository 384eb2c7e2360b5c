import { depthModels } from '../index.js';
import { packagedFile } from '../weights/fetch/source.js';

/** Every model by name: a table for people, or JSON. */
export function modelsText(json: boolean): string {
  if (json) return JSON.stringify(depthModels, null, 2);
  const rows = depthModels.map(({ name, kind, licence, permissive, source, page }) => [
    name,
    kind === 'metric' ? 'metres' : 'relative',
    permissive ? licence : `${licence} (*)`,
    placeOf(source, page),
  ]);
  return (
    `${table([['NAME', 'DEPTH', 'LICENCE', 'WEIGHTS'], ...rows])}\n\n(*) not free for every ` +
    `use: needs --accept-license`
  );
}

function placeOf(source: string | undefined, page: string | undefined): string {
  if (source === undefined) return `bring your own: ${page}`;
  return packagedFile(source) === undefined ? source : 'comes with depthwise';
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, i) => Math.max(cell.length, widest[i] ?? 0)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
