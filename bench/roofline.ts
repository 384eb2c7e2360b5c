import { adapterName } from '../src/gpu/gpu.js';
import type { BenchDocument, KernelResult } from './document.js';
import { isRanked } from './table.js';
import { number } from './table_text.js';

const WIDTH = 960;
const HEIGHT = 600;
const LEFT = 70;
const RIGHT = 250;
const TOP = 56;
const BOTTOM = 56;
const COLORS = [
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#9467bd',
  '#ff7f0e',
  '#8c564b',
  '#e377c2',
  '#17becf',
  '#bcbd22',
  '#7f7f7f',
];

interface Axis {
  readonly low: number;
  readonly high: number;
  /** Pixel of a value. */
  readonly at: (value: number) => number;
}

/**
 * Every kernel against the measured ceilings as an SVG picture: FLOP a byte across, GFLOP/s up, both logarithmic.
 * @throws Error when the document has no ceilings
 */
export function rooflineSvg(document: BenchDocument): string {
  const { peaks, env } = document;
  const { fmaF32, copyGBs } = peaks;
  if (fmaF32 === undefined || copyGBs === undefined)
    throw new Error('A roofline needs measured ceilings; this document has none.');
  const kernels = document.results.filter(({ flops, bytes }) => flops > 0 && bytes > 0);
  const tops = [fmaF32, peaks.fmaF16 ?? 0];
  const x = axis(
    [0.1, ...kernels.map(({ flops, bytes }) => flops / bytes), (4 * fmaF32) / copyGBs],
    LEFT,
    WIDTH - RIGHT,
  );
  const y = axis(
    [...kernels.map(({ gflops }) => gflops), ...tops.filter((top) => top > 0).map((top) => 1.5 * top), fmaF32 / 100],
    HEIGHT - BOTTOM,
    TOP,
  );
  const title = `Roofline: ${adapterName(env.adapter)}, ${document.date.slice(0, 10)}`;
  const note = isRanked(document) ? '' : 'A software adapter: evidence, not performance';
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 24, title, 'font-size="16" font-weight="bold"'),
    text(LEFT, 42, note, 'fill="#b00"'),
    ...grid(x, y),
    roof('f32', fmaF32, copyGBs, x, y, '#000'),
    ...(peaks.fmaF16 === undefined ? [] : [roof('f16', peaks.fmaF16, copyGBs, x, y, '#888')]),
    ...points(kernels, x, y),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" ` +
    `height="${HEIGHT}" font-family="sans-serif" font-size="12">\n${parts.filter(Boolean).join('\n')}\n</svg>\n`
  );
}

/** A logarithmic axis over whole decades. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const scale = (to - from) / Math.log10(high / low);
  return { low, high, at: (value) => from + scale * Math.log10(Math.min(Math.max(value, low), high) / low) };
}

function grid(x: Axis, y: Axis): string[] {
  const decades = ({ low, high }: Axis) =>
    Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i);
  return [
    ...decades(x).map(
      (v) =>
        line(x.at(v), y.at(y.low), x.at(v), y.at(y.high), '#ddd') +
        text(x.at(v), HEIGHT - BOTTOM + 18, number(v), 'text-anchor="middle"'),
    ),
    ...decades(y).map(
      (v) =>
        line(x.at(x.low), y.at(v), x.at(x.high), y.at(v), '#ddd') +
        text(LEFT - 8, y.at(v) + 4, number(v), 'text-anchor="end"'),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, 'FLOP per byte moved at least', 'text-anchor="middle"'),
    text(
      16,
      (TOP + HEIGHT - BOTTOM) / 2,
      'GFLOP/s',
      `text-anchor="middle" transform="rotate(-90 16 ${(TOP + HEIGHT - BOTTOM) / 2})"`,
    ),
  ];
}

function roof(name: string, fma: number, copy: number, x: Axis, y: Axis, color: string): string {
  const ridge = fma / copy;
  const start = Math.max(x.low, y.low / copy);
  const path =
    `M${px(x.at(start))} ${px(y.at(start * copy))} L${px(x.at(ridge))} ${px(y.at(fma))} ` +
    `L${px(x.at(x.high))} ${px(y.at(fma))}`;
  const label = text(
    x.at(x.high) - 4,
    y.at(fma) - 6,
    `FMA ${name} ${number(fma)} GFLOP/s; copy ${number(copy)} GB/s`,
    `text-anchor="end" fill="${color}"`,
  );
  return `<path class="roof" d="${path}" fill="none" stroke="${color}" stroke-width="2"/>${label}`;
}

function points(kernels: readonly KernelResult[], x: Axis, y: Axis): string[] {
  const names = [...new Set(kernels.map(({ op, kernel }) => `${op}/${kernel}`))];
  const color = (name: string) => COLORS[names.indexOf(name) % COLORS.length] as string;
  const circles = kernels.map(({ id, op, kernel, dtype, flops, bytes, gflops, pctRoof }) => {
    const paint = color(`${op}/${kernel}`);
    const roofed = pctRoof === undefined ? '' : `, ${pctRoof.toFixed(0)} % of the roof`;
    const label = `<title>${escape(`${id}: ${number(gflops)} GFLOP/s${roofed}`)}</title>`;
    return (
      `<circle class="kernel" cx="${px(x.at(flops / bytes))}" cy="${px(y.at(gflops))}" r="5" stroke="${paint}" ` +
      `fill="${dtype === 'f16' ? '#fff' : paint}" fill-opacity="0.7">${label}</circle>`
    );
  });
  const legend = names.map((name, i) => {
    const row = TOP + 10 + 18 * i;
    return (
      `<circle cx="${WIDTH - RIGHT + 22}" cy="${row}" r="5" ` +
      `fill="${color(name)}"/>${text(WIDTH - RIGHT + 34, row + 4, name)}`
    );
  });
  return [
    ...circles,
    ...legend,
    text(WIDTH - RIGHT + 16, TOP + 16 + 18 * names.length, 'filled f32, hollow f16', 'fill="#555"'),
  ];
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${color}"/>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return content && `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escape(content)}</text>`;
}

function px(value: number): string {
  return value.toFixed(1);
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);
}
