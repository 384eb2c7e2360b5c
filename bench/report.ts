import { comparison } from './compare.js';
import type { BenchDocument } from './document.js';
import { headerText } from './environment.js';
import { rooflineSvg } from './roofline.js';
import { tablesOf } from './table.js';
import type { Table } from './table_text.js';

/** Everything there is to see of a document, and of what moved since an older one, as elements for a page. */
export function reportElements(document: BenchDocument, before?: BenchDocument): Node[] {
  const moved = before && comparison(before, document);
  return [
    ...headerText(document).map(paragraph),
    ...(moved ? [...moved.warnings.map(paragraph), tableElement(moved.table)] : []),
    ...picture(document),
    ...tablesOf(document).map(tableElement),
  ];
}

function picture(document: BenchDocument): Node[] {
  if (document.peaks.fmaF32 === undefined || document.peaks.copyGBs === undefined || document.results.length === 0)
    return [];
  const parsed = new DOMParser().parseFromString(rooflineSvg(document), 'image/svg+xml');
  return [globalThis.document.importNode(parsed.documentElement, true)];
}

function paragraph(text: string): HTMLElement {
  return element('p', text);
}

function tableElement({ title, columns, rows }: Table): HTMLElement {
  const table = element('table');
  table.append(element('caption', title), row('th', columns), ...rows.map((cells) => row('td', cells)));
  const frame = element('div');
  frame.className = 'table';
  frame.append(table);
  return frame;
}

function row(kind: 'th' | 'td', cells: readonly string[]): HTMLElement {
  const line = element('tr');
  line.append(...cells.map((cell) => element(kind, cell)));
  return line;
}

function element(name: string, text = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
