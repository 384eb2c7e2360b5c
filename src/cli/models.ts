import type { SizeRule } from '../image/size.js';
import { depthModels, type DepthModelSummary } from '../index.js';
import { entryByName } from '../models/resolve.js';
import { packagedFile } from '../weights/fetch/source.js';

/** What `depthwise models` tells of each. */
const listed: readonly (DepthModelSummary & { readonly input: SizeRule })[] = depthModels.map((model) => ({
  ...model,
  input: entryByName(model.name).input,
}));

/** Every model by name: a table for people, or JSON. */
export function modelsText(json: boolean): string {
  if (json) return JSON.stringify(listed, null, 2);
  const rows = listed.map(({ name, kind, input, licence, permissive, source, page }) => [
    name,
    kind === 'metric' ? 'metres' : kind.replace('-', ' '),
    inputText(input),
    permissive ? licence : `${licence} (*)`,
    placeOf(source, page),
  ]);
  return (
    `${table([['NAME', 'DEPTH', 'INPUT', 'LICENCE', 'WEIGHTS'], ...rows])}\n\n(*) not free for every ` +
    `use: needs --accept-license`
  );
}

/** Pixels that the network's input is made to have, in the README's words. */
export function inputText({ width, height, keepAspect, method }: SizeRule): string {
  const size = width === height ? `${width}` : `${width}×${height}`;
  if (!keepAspect) return `${width}×${height}`;
  if (method === 'minimal') return `near ${size}`;
  return `${method === 'lower_bound' ? 'short' : 'long'} side ${size}`;
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
