import { blank, defineSpec, need, type Expected, type Fill, type Tensor, type Tensors } from './spec.js';
import { steadyBlend, steadyFit, steadyLuma, type FitAttrs } from './steady.js';
import type { Normalization } from './preprocess.js';

const at = ({ data }: Tensor, i: number) => data[i] as number;
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / Math.max(values.length, 1);
const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v, low), high);

function lumas(inputs: Tensors, { mean: means, std }: Normalization): { luma: Expected } {
  const picture = need(inputs, 'picture');
  const [H, W] = picture.type.shape as [number, number];
  const [LH, LW] = [Math.ceil(H / 2), Math.ceil(W / 2)];
  const luma = blank([LH, LW]);
  const tent = [1, 3, 3, 1];
  for (let y = 0; y < LH; y++)
    for (let x = 0; x < LW; x++)
      for (let j = 0; j < 4; j++)
        for (let i = 0; i < 4; i++)
          [0.299, 0.587, 0.114].forEach((part, c) => {
            const pixel = clamp(2 * y - 1 + j, 0, H - 1) * W + clamp(2 * x - 1 + i, 0, W - 1);
            const weight = (part * (tent[j] as number) * (tent[i] as number)) / 64;
            const [value, scale, shift] = [at(picture, 4 * pixel + c), std[c] as number, means[c] as number];
            luma.values[y * LW + x]! += weight * (value * scale + shift);
            luma.magnitude[y * LW + x]! += weight * (Math.abs(value) * scale + Math.abs(shift));
          });
  return { luma };
}

/** The luma of a pixel of a map. */
function lightOf(luma: Tensor, { type }: Tensor, row: number, column: number): number {
  const [[H, W], [LH, LW]] = [type.shape as [number, number], luma.type.shape as [number, number]];
  return at(luma, Math.floor(((row + 0.5) * LH) / H) * LW + Math.floor(((column + 0.5) * LW) / W));
}

interface Sample {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly change: number;
}

function samplesOf(inputs: Tensors): Sample[] {
  const [depth, last] = [need(inputs, 'depth'), need(inputs, 'last')];
  const [H, W] = depth.type.shape as [number, number];
  const [rows, columns] = [Math.min(H, 64), Math.min(W, 64)];
  return Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(((Math.floor(i / columns) + 0.5) * H) / rows);
    const column = Math.floor((((i % columns) + 0.5) * W) / columns);
    const a = lightOf(need(inputs, 'luma'), depth, row, column);
    const b = lightOf(need(inputs, 'last_luma'), depth, row, column);
    const [x, y] = [at(depth, row * W + column), at(last, row * W + column)];
    return { x, y, a, b, change: Math.abs(Math.fround(a - b)) };
  });
}

const share = (samples: readonly Sample[], when: (s: Sample) => boolean) =>
  samples.filter(when).length / samples.length;
const spread = (values: readonly number[]) => {
  const middle = mean(values);
  return mean(values.map((v) => (v - middle) ** 2));
};

/** Scale and shift by the ratio of spreads, in rounds that leave out what is far off; and how many were fitted. */
function lineOf(finite: readonly Sample[], whole: number, least: number) {
  const still = finite.filter(({ change }) => change < Math.fround(0.05));
  const from = still.length >= 0.1 * whole ? still : finite;
  const fit = (chosen: readonly Sample[]) => {
    const [x, y] = [chosen.map((s) => s.x), chosen.map((s) => s.y)];
    const k = spread(x) > 0 && spread(y) > 0 ? Math.sqrt(spread(y) / spread(x)) : 1;
    return { k, c: mean(y) - k * mean(x) };
  };
  const leastSpread = 0.25 * spread(from.map(({ x }) => x));
  let chosen = from;
  let { k, c } = fit(chosen);
  let within = Infinity;
  for (let round = 1; round < 4; round++) {
    const off = ({ x, y }: Sample) => Math.abs(k * x + c - y);
    const limit = Math.max(6 * mean(chosen.map(off)), least);
    const next = from.filter((s) => off(s) <= limit);
    if (spread(next.map(({ x }) => x)) < leastSpread) break;
    chosen = next;
    within = limit;
    ({ k, c } = fit(chosen));
  }
  return { k, c, count: chosen.length, from: new Set(from), limit: within };
}

/** Samples by 8×8 regions. */
function regionsOf(samples: readonly Sample[], columns: number): Sample[][] {
  const rows = samples.length / columns;
  const ends = (region: number, side: number) => [
    Math.floor((region * side) / 8),
    Math.floor(((region + 1) * side) / 8),
  ];
  return Array.from({ length: 64 }, (_, region) => {
    const [top, bottom] = ends(Math.floor(region / 8), rows) as [number, number];
    const [left, right] = ends(region % 8, columns) as [number, number];
    return samples.filter((_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return row >= top && row < bottom && column >= left && column < right;
    });
  });
}

/** 0.4 of how far the last map is above k x + c, on the mean of a region and four samples of 0. */
function aboveOf(region: readonly Sample[], line: ReturnType<typeof lineOf>, k: number, c: number): number {
  const above = region
    .filter((s) => line.from.has(s) && Math.abs(s.y - (k * s.x + c)) <= line.limit)
    .map((s) => s.y - (k * s.x + c));
  return (0.4 * above.reduce((sum, value) => sum + value, 0)) / (above.length + 4);
}

/** Percentiles to a 512th of the values' span, as they are told apart in bins. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? 0;
}

function fits(inputs: Tensors, { aligned }: FitAttrs): { fit: Expected } {
  const last = need(inputs, 'last_fit');
  const samples = samplesOf(inputs);
  const finite = samples.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const [a, b] = [samples.map((s) => s.a), samples.map((s) => s.b)];
  const [lightness, before] = [mean(a), mean(b)];
  const product = mean(samples.map((s) => (s.a - lightness) * (s.b - before)));
  const change = mean(samples.map((s) => s.change));
  const other = product <= 0.6 * Math.sqrt(spread(a) * spread(b)) && change > 0.04;
  const fresh =
    at(last, 8) === 0 || finite.length === 0 || other || share(samples, (s) => s.change > Math.fround(0.15)) > 0.6;
  const line = lineOf(finite, samples.length, 0.01 * (at(last, 1) - at(last, 0)));
  const [k, c] = fresh || !aligned ? [1, 0] : [line.k + 0.3 * (1 - line.k), 0.7 * line.c];
  const sorted = finite.map(({ x }) => x).sort((p, q) => p - q);
  const ends = [2, 98].map((percent, i) => {
    const now = k * percentile(sorted, percent) + c;
    return fresh ? now : 0.95 * at(last, i) + 0.05 * now;
  });
  const regions = regionsOf(samples, Math.min(need(inputs, 'depth').type.shape[1] as number, 64));
  const moves = (region: readonly Sample[]) =>
    region.filter((s) => s.change > Math.fround(0.02)).length > Math.fround(0.05) * region.length;
  const moving = regions.filter(moves).length / regions.length;
  const count = finite.length;
  const fit = blank([80]);
  const maps = count ? (fresh ? 1 : at(last, 8) + 1) : 0;
  const still = Math.max(0.03, 1 / (maps + 4));
  const hold = still + (0.7 - still) * clamp((moving - 0.2) / 0.3, 0, 1);
  const fitted = aligned ? line.count : 0;
  fit.values.set([...ends, ...ends, samples.length - count, count, 0, 0]);
  fit.values.set([maps, k, c, hold, moving, fitted / samples.length, change], 8);
  const span = k * ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0));
  fit.magnitude.fill((2 ** 24 / FIT_GATE) * (1.01 / 512) * span * (fresh ? 1 : 0.05) + Math.abs(c) + span, 0, 4);
  const shiftParts = mean(finite.map(({ y }) => Math.abs(y))) + k * mean(finite.map(({ x }) => Math.abs(x)));
  fit.magnitude.set([0, k, shiftParts, 1, 1, 1, 1], 8);
  if (!fresh && aligned) {
    fit.values.set(
      regions.map((region) => aboveOf(region, line, k, c)),
      16,
    );
    fit.magnitude.fill(shiftParts, 16);
  }
  return { fit };
}

/** What a fit adds at a place in 0…1, between the middles of its 8×8 regions. */
function regionalAt(fit: Tensor, down: number, along: number): number {
  const [y, x] = [down, along].map((share) => clamp(8 * share - 0.5, 0, 7)) as [number, number];
  const weight = (place: number, region: number) => Math.max(0, 1 - Math.abs(place - region));
  let sum = 0;
  for (let region = 0; region < 64; region++)
    sum += at(fit, 16 + region) * weight(y, Math.floor(region / 8)) * weight(x, region % 8);
  return sum;
}

function blends(inputs: Tensors): { y: Expected } {
  const [depth, last, fit] = [need(inputs, 'depth'), need(inputs, 'last'), need(inputs, 'fit')];
  const [H, W] = depth.type.shape as [number, number];
  const y = blank([H, W]);
  for (let i = 0; i < H * W; i++) {
    const [value, held] = [at(depth, i), at(last, i)];
    const laid = at(fit, 9) * value + at(fit, 10) + regionalAt(fit, (Math.floor(i / W) + 0.5) / H, ((i % W) + 0.5) / W);
    const [now, then] = ['luma', 'last_luma'].map((name) =>
      lightOf(need(inputs, name), depth, Math.floor(i / W), i % W),
    ) as [number, number];
    const part = 1 - (1 - at(fit, 11)) * Math.exp(-((now - then) ** 2) / (2 * 0.04 ** 2));
    const mixed = Number.isFinite(held) ? held + part * (laid - held) : laid;
    y.values[i] = at(fit, 8) < 2 || !Number.isFinite(value) ? value : mixed;
    y.magnitude[i] =
      Math.abs(at(fit, 9) * value) + Math.abs(at(fit, 10)) + 2 * Math.abs(Number.isFinite(held) ? held : 0);
  }
  return { y };
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const FIT_GATE = 64;

export const steadyLumaSpec = defineSpec({
  op: steadyLuma,
  gate: 8,
  half: [],
  reference: lumas,
  cases: [
    { name: 'one pixel', inputs: { picture: [1, 1, 4] }, attrs: IMAGENET },
    { name: 'odd sides', inputs: { picture: [13, 31, 4] }, attrs: IMAGENET },
    { name: 'a 1×1 and more than a workgroup', inputs: { picture: [38, 50, 4] }, attrs: IMAGENET },
  ],
  perf: [{ name: 'Depth Anything 518', inputs: { picture: [518, 686, 4] }, attrs: IMAGENET }],
});

const shapes = (H: number, W: number) => {
  const [map, light] = [
    [H, W],
    [Math.ceil(H / 2), Math.ceil(W / 2)],
  ] as const;
  return { depth: map, luma: light, last: map, last_luma: light };
};
/** A number in [0,1) of a place: the same for several inputs. */
const noise = (i: number) => Math.abs((Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1);
const wave = (i: number) => 2 + Math.sin(i / 7) + 0.5 * noise(i);
/** Last map and new one: 1.25 x + 0.5, with a little noise and an outlier in eleven. */
const near: Fill = (next, i) => (i % 11 === 4 ? 40 * next() : (wave(i) - 0.5) / 1.25 + 0.02 * next());
const scene: Fill = (_, i) => 0.5 + 0.4 * noise(i);
const steps = (count: number, low = 0.2, high = 3.9) =>
  ((_, i) => [low, high, low, high, 0, 1, 0, 0, count, 1, 0, 0.1][i] ?? 0) satisfies Fill;
const stream = { depth: near, last: (_: unknown, i: number) => wave(i), luma: scene, last_luma: scene };
const moved =
  (share: number, by: number): Fill =>
  (next, i) =>
    0.5 + 0.4 * noise(i) + (next() < share ? by : 0.001);
/** Lumas [16,23] of a map [31,45]: the left part of the columns got lighter. */
const movedPart =
  (part: number): Fill =>
  (_, i) =>
    0.5 + 0.4 * noise(i) + (i % 23 < part * 23 ? 0.1 : 0.001);
const fitCase = (name: string, [H, W]: [number, number], fill: Record<string, Fill> = {}, aligned = true) => ({
  name,
  attrs: { aligned },
  inputs: { ...shapes(H, W), last_fit: [80] },
  fill: { ...stream, last_fit: steps(3), ...fill },
});

export const steadyFitSpec = defineSpec({
  op: steadyFit,
  gate: FIT_GATE,
  half: [],
  reference: fits,
  cases: [
    fitCase('an eleventh are outliers', [31, 45]),
    fitCase('larger than the samples', [97, 130], { luma: moved(0.05, 0.1) }),
    fitCase('the first', [31, 45], { last_fit: () => 0 }),
    fitCase('a third of the regions move', [31, 45], { luma: movedPart(0.34) }),
    fitCase('a thirteenth of the pixels move', [31, 45], { luma: moved(0.075, 0.1) }),
    fitCase('most move, a little', [31, 45], { luma: moved(0.97, 0.06) }),
    fitCase('a cut: two thirds are lighter', [31, 45], { luma: moved(0.66, 0.3) }),
    fitCase('a cut: other contents', [31, 45], { luma: (next) => 0.5 + 0.3 * next() }),
    fitCase('a scene of one depth, with a frame', [31, 45], {
      depth: (_, i) => (i % 29 === 0 ? 3 + noise(i) : 1),
      last: (_, i) => (i % 29 === 0 ? 5 * noise(i) : 1.5),
    }),
    fitCase('flat maps', [9, 8], { depth: () => 2, last: () => 3 }),
    fitCase('values that are not finite', [31, 45], {
      depth: (next, i) => (i % 7 === 3 ? NaN : (near as (n: () => number, i: number) => number)(next, i)),
      last: (_, i) => (i % 13 === 5 ? Infinity : wave(i)),
    }),
    fitCase('no finite value', [5, 6], { depth: () => NaN }),
    fitCase('metres', [31, 45], {}, false),
  ],
  perf: [fitCase('Depth Anything 518', [518, 686])],
});

const blendCase = (name: string, fill: Record<string, Fill> = {}) => ({
  name,
  attrs: {},
  inputs: { ...shapes(13, 27), fit: [80] },
  fill: {
    ...stream,
    luma: (next: () => number, i: number) => 0.5 + 0.4 * noise(i) + 0.2 * next(),
    fit: steps(4),
    ...fill,
  },
});

export const steadyBlendSpec = defineSpec({
  op: steadyBlend,
  gate: 32,
  half: [],
  reference: blends,
  cases: [
    blendCase('all changes of luma'),
    blendCase('a line, and regions', {
      fit: (_, i) => [0, 4, 0, 4, 0, 1, 0, 0, 9, 1.5, -0.7, 0.25, 0, 0, 0, 0][i] ?? noise(i),
    }),
    blendCase('the first', { fit: steps(1) }),
    blendCase('values that are not finite', {
      last: (next, i) => (i % 5 === 3 ? -Infinity : next()),
    }),
  ],
  perf: [{ ...blendCase('Depth Anything 518'), inputs: { ...shapes(518, 686), fit: [80] } }],
});
