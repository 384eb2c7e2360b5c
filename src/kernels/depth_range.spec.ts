import type { TensorType } from '../tensor.js';
import { depthExtent, depthHistogram, depthRange, type RangeAttrs } from './depth_range.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

const LARGEST = 3.4028234663852886e38;
const BINS = 2048;
const GATE = 8;

/** Parts of a map: elements are dealt out 128 at a time. */
function parts(data: Float64Array, groups: number): number[][] {
  const dealt = Array.from({ length: groups }, (): number[] => []);
  data.forEach((value, i) => (dealt[Math.floor(i / 128) % groups] as number[]).push(value));
  return dealt;
}

const groupsOf = (values: number) => Math.min(64, Math.ceil(values / 512));

function extents(inputs: Tensors): { extent: Expected } {
  const { data } = need(inputs, 'depth');
  const extent = blank([groupsOf(data.length), 4]);
  parts(data, groupsOf(data.length)).forEach((part, g) => {
    const finite = part.filter(Number.isFinite);
    extent.values.set(
      [Math.min(LARGEST, ...finite), Math.max(-LARGEST, ...finite), part.length - finite.length, 0],
      4 * g,
    );
  });
  return { extent };
}

/** A value whose bin is in doubt by rounding may be counted in either neighbour. */
function histograms(inputs: Tensors): { histogram: Expected } {
  const { data } = need(inputs, 'depth');
  const extent = need(inputs, 'extent').data;
  const low = extent.reduce((m, v, i) => (i % 4 === 0 ? Math.min(m, v) : m), Infinity);
  const high = extent.reduce((m, v, i) => (i % 4 === 1 ? Math.max(m, v) : m), -Infinity);
  const histogram = blank([groupsOf(data.length), BINS]);
  parts(data, groupsOf(data.length)).forEach((part, g) => {
    for (const value of part.filter(Number.isFinite)) {
      const place = high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) * BINS : 0;
      const bin = Math.min(Math.floor(place), BINS - 1);
      histogram.values[g * BINS + bin]! += 1;
      const neighbour = Math.min(Math.max(Math.round(place) === bin ? bin - 1 : bin + 1, 0), BINS - 1);
      if (Math.abs(place - Math.round(place)) > 1e-3 || place === 0 || place === BINS) continue;
      for (const doubtful of [bin, neighbour]) histogram.magnitude[g * BINS + doubtful]! += 2 ** 24 / GATE;
    }
  });
  return { histogram };
}

function ranges(inputs: Tensors, { low, high }: RangeAttrs): { range: Expected } {
  const extent = need(inputs, 'extent').data;
  const counts = Array.from({ length: BINS }, () => 0);
  need(inputs, 'histogram').data.forEach((count, i) => (counts[i % BINS]! += count));
  const total = counts.reduce((sum, n) => sum + n, 0);
  const column = (c: number) => Array.from(extent).filter((_, i) => i % 4 === c);
  const range = blank([8]);
  const [min, max] = total ? [Math.min(...column(0)), Math.max(...column(1))] : [0, 0];
  const percentile = (percent: number): number => {
    const rank = Math.max(1, Math.ceil((total * Math.round(100 * percent)) / 10_000));
    let before = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const count = counts[bin] as number;
      if (before < rank && rank <= before + count) return min + ((max - min) * (bin + (rank - before) / count)) / BINS;
      before += count;
    }
    return 0;
  };
  range.values.set([
    min,
    max,
    percentile(low),
    percentile(high),
    column(2).reduce((sum, n) => sum + n, 0),
    total,
    0,
    0,
  ]);
  range.magnitude.fill(Math.abs(min) + Math.abs(max), 2, 4);
  range.magnitude[5] = total > 2 ** 24 ? total : 0;
  return { range };
}

const holes: Fill = (next, i) => (i % 7 === 3 ? [NaN, Infinity, -Infinity][i % 3]! : 6 * next() - 2);
const nothing: Fill = (_, i) => (i % 2 ? NaN : Infinity);
const huge: Fill = (next) => (next() - 0.5) * 6.8e38;
const flat: Fill = () => -2.75;
const extentOf =
  (min: number, max: number): Fill =>
  (_, i) =>
    [min, max, i, 0][i % 4]!;
const counts: Fill = (next) => Math.floor(9 * next());

export const depthExtentSpec = defineSpec<{ depth: TensorType }, { extent: TensorType }, object>({
  op: depthExtent,
  gate: GATE,
  half: [],
  reference: extents,
  cases: [
    { name: 'one value', inputs: { depth: [1, 1] }, attrs: {} },
    { name: 'one part and a little', inputs: { depth: [19, 27] }, attrs: {} },
    { name: 'values that are not finite', inputs: { depth: [31, 37] }, attrs: {}, fill: holes },
    { name: 'no finite value', inputs: { depth: [5, 7] }, attrs: {}, fill: nothing },
    { name: 'the largest values', inputs: { depth: [40, 40] }, attrs: {}, fill: huge },
    { name: 'prime sides, all parts', inputs: { depth: [211, 223] }, attrs: {}, fill: holes },
  ],
  perf: [{ name: 'Depth Anything 518', inputs: { depth: [518, 686] }, attrs: {} }],
});

export const depthHistogramSpec = defineSpec<
  { depth: TensorType; extent: TensorType },
  { histogram: TensorType },
  object
>({
  op: depthHistogram,
  gate: GATE,
  half: [],
  reference: histograms,
  cases: [
    { name: 'one value', inputs: { depth: [1, 1], extent: [1, 4] }, attrs: {}, fill: { extent: extentOf(-1, 1) } },
    {
      name: 'one part and a little',
      inputs: { depth: [19, 27], extent: [2, 4] },
      attrs: {},
      fill: { extent: extentOf(-1, 1) },
    },
    {
      name: 'values that are not finite',
      inputs: { depth: [31, 37], extent: [3, 4] },
      attrs: {},
      fill: { depth: holes, extent: extentOf(-2, 4) },
    },
    {
      name: 'flat',
      inputs: { depth: [23, 29], extent: [2, 4] },
      attrs: {},
      fill: { depth: flat, extent: extentOf(-2.75, -2.75) },
    },
    {
      name: 'the largest values',
      inputs: { depth: [40, 40], extent: [4, 4] },
      attrs: {},
      fill: { depth: huge, extent: extentOf(-3.4e38, 3.4e38) },
    },
    {
      name: 'prime sides, all parts',
      inputs: { depth: [211, 223], extent: [64, 4] },
      attrs: {},
      fill: { extent: extentOf(-1, 1) },
    },
  ],
  perf: [
    {
      name: 'Depth Anything 518',
      inputs: { depth: [518, 686], extent: [64, 4] },
      attrs: {},
      fill: { extent: extentOf(-1, 1) },
    },
  ],
});

const rangeCase = (name: string, groups: number, attrs: RangeAttrs, histogram: Fill, extent: Fill) => ({
  name,
  attrs,
  inputs: { extent: [groups, 4], histogram: [groups, BINS] },
  fill: { extent, histogram },
});
const spread = extentOf(-2, 5.5);

export const depthRangeSpec = defineSpec<
  { extent: TensorType; histogram: TensorType },
  { range: TensorType },
  RangeAttrs
>({
  op: depthRange,
  gate: GATE,
  half: [],
  dtypes: { histogram: 'u32' },
  reference: ranges,
  cases: [
    rangeCase('2 and 98 per cent', 3, { low: 2, high: 98 }, counts, spread),
    rangeCase('all groups, large counts', 64, { low: 0.01, high: 99.99 }, (next) => Math.floor(3000 * next()), spread),
    rangeCase('both ends', 2, { low: 0, high: 100 }, counts, spread),
    rangeCase('one value', 1, { low: 2, high: 98 }, (_, i) => (i === 700 ? 1 : 0), spread),
    rangeCase('flat', 1, { low: 2, high: 98 }, (_, i) => (i === 0 ? 667 : 0), extentOf(-2.75, -2.75)),
    rangeCase('no finite value', 2, { low: 2, high: 98 }, () => 0, extentOf(LARGEST, -LARGEST)),
    rangeCase('the largest values', 1, { low: 10, high: 90 }, counts, extentOf(-3.4e38, 3.4e38)),
  ],
  perf: [rangeCase('64 groups', 64, { low: 2, high: 98 }, counts, spread)],
});
