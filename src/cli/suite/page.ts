import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProtectedFiles } from '../../node/protected_files.js';
import { writeBy } from '../write_outputs.js';

/** A picture of a page, as a PNG file. */
export interface Figure {
  readonly caption: string;
  readonly png: Uint8Array;
}

/** A part of a page. */
export interface Section {
  readonly title: string;
  readonly text?: string;
  /** Cells of a table, its head first. */
  readonly rows?: readonly (readonly string[])[];
  /** Columns of pictures, side by side. */
  readonly figures?: readonly (readonly Figure[])[];
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#222}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2.2rem 0 .3rem}p{margin:.3rem 0}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
td,th{padding:.15rem .7rem .15rem 0;text-align:left;vertical-align:top}
.figures{display:flex;flex-wrap:wrap;gap:.6rem;margin:.5rem 0}.figures>div{width:19rem;max-width:100%}
h2,td,figcaption{overflow-wrap:anywhere}
figure{margin:0 0 .6rem}figure img{display:block;width:100%}figcaption{font-size:.85rem;color:#555}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}figcaption{color:#aaa}}`;

/** What stands at the top of a page. */
export interface Head {
  readonly title: string;
  readonly intro: string;
}

/**
 * Writes `index.html` into a folder, which asks for nothing else: its pictures are in it. Sections are taken one at a
 * time, as all of their pictures together may be more than memory, or one string, can hold.
 * @throws DepthFileError OUTPUT_WRITE; UsageError OUTPUT_COLLISION
 */
export function writePage(
  folder: string,
  head: Head,
  sections: AsyncIterable<Section>,
  reads?: ProtectedFiles,
): Promise<void> {
  const make = (to: string | Buffer, options: object) => writeFile(to, pageText(head, sections), options);
  return writeBy(join(folder, 'index.html'), make, reads);
}

/** The text of such a page, in pieces of a section each. */
export async function* pageText(
  { title, intro }: Head,
  sections: AsyncIterable<Section>,
): AsyncGenerator<string, void, undefined> {
  yield `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
<p>${escaped(intro)}</p>
`;
  for await (const section of sections) yield `${sectionOf(section)}\n`;
  yield '</html>\n';
}

function sectionOf({ title, text, rows, figures = [] }: Section): string {
  const columns = figures.map((column) => `<div>${column.map(figureOf).join('')}</div>`);
  return [
    `<h2>${escaped(title)}</h2>`,
    text === undefined ? '' : `<p>${escaped(text)}</p>`,
    rows ? tableOf(rows) : '',
    columns.length > 0 ? `<div class="figures">${columns.join('')}</div>` : '',
  ].join('\n');
}

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

function figureOf({ caption, png }: Figure): string {
  const url = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return `<figure><img alt="${escaped(caption)}" src="${url}"><figcaption>${escaped(caption)}</figcaption></figure>`;
}

/** Text in which nothing is read as HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
