import { blank, defineSpec, need, type Expected, type Fill, type Tensor, type Tensors } from './spec.js';
import { steadyBlend, steadyFit, steadyLuma, steadyMotion, type FitAttrs, type MotionAttrs } from './steady.js';
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

/** A map between its pixels, at a place in 0…1 of its sides. */
function betweenAt(map: Tensor, [along, down]: Pair): number {
  const [H, W] = map.type.shape as [number, number];
  const [x, y] = [clamp(along * W - 0.5, 0, W - 1), clamp(down * H - 0.5, 0, H - 1)];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  let sum = 0;
  for (const row of [top, top + 1])
    for (const column of [left, left + 1]) {
      const weight = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
      sum += (weight ? weight : 0) * at(map, Math.min(row, H - 1) * W + Math.min(column, W - 1));
    }
  return sum;
}

const FOCAL = Math.fround(0.866);
type Pair = readonly [number, number];

function tangentsOf({ type }: Tensor): Pair {
  const [H, W] = type.shape as [number, number];
  return [W / (FOCAL * Math.max(H, W)), H / (FOCAL * Math.max(H, W))];
}

/** What the flow of a place is a sum of, by x, y and z of a turn and of a shift, in parts of the sides. */
function partsAt(depth: Tensor, [along, down]: Pair, disparity: number): Pair[] {
  const [a, b] = tangentsOf(depth);
  const [x, y] = [(along - 0.5) * a, (down - 0.5) * b];
  const d = disparity;
  const parts: Pair[] = [
    [-x * y, -1 - y * y],
    [1 + x * x, x * y],
    [-y, x],
    [d, 0],
    [0, d],
    [-d * x, -d * y],
  ];
  return parts.map(([p, q]) => [p / a, q / b]);
}

function flowOf(parts: readonly Pair[], motion: readonly number[]): Pair {
  return [0, 1].map((axis) => parts.reduce((sum, part, i) => sum + part[axis]! * motion[i]!, 0)) as [number, number];
}

const within = ([along, down]: Pair, { type }: Tensor) => {
  const [H, W] = type.shape as [number, number];
  return [along * W - 0.5, W - 0.5 - along * W, down * H - 0.5, H - 0.5 - down * H].every((room) => room >= 0);
};

/** What of the last map and luma is seen at a pixel. */
function movedAt(inputs: Tensors, row: number, column: number) {
  const [depth, last, motion] = ['depth', 'last', 'motion'].map((name) => need(inputs, name)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const [luma, lastLuma] = [need(inputs, 'luma'), need(inputs, 'last_luma')];
  const [H, W] = depth.type.shape as [number, number];
  const i = row * W + column;
  if (at(motion, 11) === 0) {
    const change = Math.fround(lightOf(luma, depth, row, column) - lightOf(lastLuma, depth, row, column));
    return { held: at(last, i), inside: true, change };
  }
  const place: Pair = [(column + 0.5) / W, (row + 0.5) / H];
  const value = Number.isFinite(at(depth, i)) ? at(depth, i) : 0;
  const parts = partsAt(depth, place, Math.max(at(motion, 6) * value + at(motion, 7), 0));
  const [along, down] = flowOf(parts, Array.from(motion.data));
  const before: Pair = [place[0] + along, place[1] + down];
  const held = betweenAt(last, before);
  const disparity = Math.max(at(motion, 8) * held + at(motion, 9), 0);
  const grown = disparity / (1 - clamp(disparity * at(motion, 5), -0.2, 0.2)) - disparity;
  return {
    held: held + grown / at(motion, 8),
    inside: within(before, depth),
    change: betweenAt(luma, place) - betweenAt(lastLuma, before),
  };
}

interface Sample {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly change: number;
  /** Whether it was seen then too, and its change of luma since. */
  readonly seen: boolean;
  readonly off: number;
}

/** Rows and columns of the samples of a map. */
function placesOf({ type }: Tensor): Pair[] {
  const [H, W] = type.shape as [number, number];
  const [rows, columns] = [Math.min(H, 64), Math.min(W, 64)];
  return Array.from({ length: rows * columns }, (_, i) => [
    Math.floor(((Math.floor(i / columns) + 0.5) * H) / rows),
    Math.floor((((i % columns) + 0.5) * W) / columns),
  ]);
}

function samplesOf(inputs: Tensors): Sample[] {
  const depth = need(inputs, 'depth');
  const W = depth.type.shape[1] as number;
  return placesOf(depth).map(([row, column]) => {
    const a = lightOf(need(inputs, 'luma'), depth, row, column);
    const b = lightOf(need(inputs, 'last_luma'), depth, row, column);
    const { held: y, inside, change } = movedAt(inputs, row, column);
    const x = at(depth, row * W + column);
    const seen = inside && Number.isFinite(x) && Number.isFinite(y);
    return { x, y, a, b, change: Math.abs(Math.fround(a - b)), seen, off: Math.abs(change) };
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
  const seen = finite.filter((s) => s.seen);
  const still = seen.filter(({ off }) => off < Math.fround(0.05));
  const from = still.length >= 0.1 * whole ? still : seen;
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
function regionsOf<T>(samples: readonly T[], columns: number): T[][] {
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

/** How far the last map is above k x + c, on the mean of a region and four samples of 0. */
function aboveOf(region: readonly Sample[], line: ReturnType<typeof lineOf>, k: number, c: number): number {
  const above = region
    .filter((s) => line.from.has(s) && Math.abs(s.y - (k * s.x + c)) <= line.limit)
    .map((s) => s.y - (k * s.x + c));
  return above.reduce((sum, value) => sum + value, 0) / (above.length + 4);
}

/** Percentiles to a 512th of the values' span, as they are told apart in bins. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? 0;
}

/** Six numbers by as many symmetric equations, positive definite ones. */
function solved(equations: readonly (readonly number[])[]): number[] {
  const rows = equations.map((row) => [...row]);
  for (const [i, pivot] of rows.entries())
    for (const [j, row] of rows.entries()) {
      const part = row[i]! / pivot[i]!;
      if (i !== j) row.forEach((value, n) => (row[n] = value - part * pivot[n]!));
    }
  return rows.map((row, i) => row[6]! / row[i]!);
}

function motions(inputs: Tensors, { inverse }: MotionAttrs): { motion: Expected } {
  const [depth, luma, before, fit] = ['depth', 'luma', 'last_luma', 'last_fit'].map((name) => need(inputs, name)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const W = depth.type.shape[1] as number;
  const H = depth.type.shape[0] as number;
  const [LH, LW] = luma.type.shape as [number, number];
  const places = placesOf(depth);
  const changes = places.map(([row, column]) =>
    Math.abs(Math.fround(lightOf(luma, depth, row, column) - lightOf(before, depth, row, column))),
  );
  const moves = (region: readonly number[]) =>
    region.filter((change) => change > Math.fround(0.02)).length > Math.fround(0.05) * region.length;
  const moving = regionsOf(changes, Math.min(W, 64)).filter(moves).length / 64;
  const span = at(fit, 1) - at(fit, 0);
  const range = span > 0 ? span : 1;
  const low = at(fit, 0) / range;
  const shift = 0.05 + 0.45 * clamp(low / 0.03, 0, 1) - low;
  const [scaleNew, shiftNew] = [at(fit, 9) / range, at(fit, 10) / range + shift];
  const goes = inverse && moving > Math.fround(0.1) && span > 0 && at(fit, 8) > 0;
  let found = [0, 0, 0, 0, 0, 0];
  let residual = Math.max(mean(changes), 1e-3);
  for (let step = 0; goes && step < 5; step++) {
    const rows = found.map(() => [0, 0, 0, 0, 0, 0, 0]);
    const offs: number[] = [];
    for (const [row, column] of places) {
      const value = at(depth, row * W + column);
      const place: Pair = [(column + 0.5) / W, (row + 0.5) / H];
      const parts = partsAt(depth, place, Math.max(scaleNew * value + shiftNew, 0));
      const [along, down] = flowOf(parts, found);
      const from: Pair = [place[0] + along, place[1] + down];
      if (!Number.isFinite(value) || !within(from, luma)) continue;
      const reach = step < 3 ? 2 : 1;
      const light = (x: number, y: number) => betweenAt(luma, [place[0] + x, place[1] + y]);
      const slope = [
        (light(reach / LW, 0) - light(-reach / LW, 0)) / ((2 * reach) / LW),
        (light(0, reach / LH) - light(0, -reach / LH)) / ((2 * reach) / LH),
      ] as const;
      const off = betweenAt(before, from) - light(0, 0);
      const weight = 1 / (1 + (off / (1.5 * residual)) ** 2);
      const rates = [...parts.map(([x, y]) => slope[0] * x + slope[1] * y), off];
      rows.forEach((equation, i) => rates.forEach((rate, j) => (equation[j]! += weight * rates[i]! * rate)));
      offs.push(Math.abs(off));
    }
    rows.forEach((row, i) => (row[i] = 1.01 * row[i]! + 1e-6));
    const by = solved(rows);
    found = found.map((value, i) => value - by[i]!);
    residual = Math.max(mean(offs), 1e-3);
  }
  const motion = blank([12]);
  motion.values.set([...found, scaleNew, shiftNew, 1 / range, shift, moving, goes ? 1 : 0]);
  motion.magnitude.fill(1);
  motion.magnitude.set(
    [1 + Math.abs(scaleNew), 2 + Math.abs(low) + Math.abs(shiftNew), 1 / range, 2 + Math.abs(low)],
    6,
  );
  return { motion };
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
  const motion = need(inputs, 'motion');
  const [anchor, field, most] = at(motion, 11) > 0 ? [0.2, 0.8, 0.3] : [0.3, 0.4, 0.7];
  const [k, c] = fresh || !aligned ? [1, 0] : [line.k + anchor * (1 - line.k), (1 - anchor) * line.c];
  const sorted = finite.map(({ x }) => x).sort((p, q) => p - q);
  const ends = [2, 98].map((percent, i) => {
    const now = k * percentile(sorted, percent) + c;
    return fresh ? now : 0.95 * at(last, i) + 0.05 * now;
  });
  const regions = regionsOf(samples, Math.min(need(inputs, 'depth').type.shape[1] as number, 64));
  const moving = at(motion, 10);
  const count = finite.length;
  const fit = blank([80]);
  const maps = count ? (fresh ? 1 : at(last, 8) + 1) : 0;
  const still = Math.max(0.03, 1 / (maps + 4));
  const hold = still + (most - still) * clamp((moving - 0.2) / 0.3, 0, 1);
  const fitted = aligned ? line.count : 0;
  fit.values.set([...ends, ...ends, samples.length - count, count, 0, 0]);
  fit.values.set([maps, k, c, hold, moving, fitted / samples.length, change], 8);
  const span = k * ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0));
  fit.magnitude.fill((2 ** 24 / FIT_GATE) * (1.01 / 512) * span * (fresh ? 1 : 0.05) + Math.abs(c) + span, 0, 4);
  const shiftParts = mean(finite.map(({ y }) => Math.abs(y))) + k * mean(finite.map(({ x }) => Math.abs(x)));
  fit.magnitude.set([0, k, shiftParts, 1, 1, 1, 1], 8);
  if (!fresh && aligned) {
    fit.values.set(
      regions.map((region) => field * aboveOf(region, line, k, c)),
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
  const [depth, fit] = [need(inputs, 'depth'), need(inputs, 'fit')];
  const [H, W] = depth.type.shape as [number, number];
  const y = blank([H, W]);
  for (let i = 0; i < H * W; i++) {
    const value = at(depth, i);
    const laid = at(fit, 9) * value + at(fit, 10) + regionalAt(fit, (Math.floor(i / W) + 0.5) / H, ((i % W) + 0.5) / W);
    const { held, inside, change } = movedAt(inputs, Math.floor(i / W), i % W);
    const part = 1 - (1 - at(fit, 11)) * Math.exp(-(change ** 2) / (2 * 0.04 ** 2));
    const mixed = Number.isFinite(held) && inside ? held + part * (laid - held) : laid;
    y.values[i] = at(fit, 8) < 2 || !Number.isFinite(value) ? value : mixed;
    y.magnitude[i] =
      Math.abs(at(fit, 9) * value) + Math.abs(at(fit, 10)) + 2 * Math.abs(Number.isFinite(held) ? held : 0);
  }
  return { y };
}

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const FIT_GATE = 64;
/** Steps of Gauss and Newton pass errors on. */
const MOTION_GATE = 256;

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
/** A camera that stands before a scene of which a part moves, and one that turns and comes nearer. */
const stands = (share: number) => ((_, i) => (i === 10 ? share : i === 6 || i === 8 ? 0.27 : 0)) satisfies Fill;
const FLIES = [0.012, -0.02, 0.015, 0.02, -0.01, 0.05, 0.3, -0.05, 0.3, -0.05, 0.6, 1] as const;
const flies: Fill = (_, i) => FLIES[i] as number;
const stream = {
  depth: near,
  last: (_: unknown, i: number) => wave(i),
  luma: scene,
  last_luma: scene,
  motion: stands(0),
};
/** Waves over lumas of a width, moved by pixels. */
const waves =
  (width: number, right = 0, down = 0, wider = 1): Fill =>
  (_, i) => {
    const [x, y] = [((i % width) - width / 2) * wider + right, (Math.floor(i / width) - width / 3) * wider + down];
    return 0.5 + 0.2 * Math.sin(x / 2.5 + y / 5) + 0.15 * Math.cos(y / 3 - x / 7);
  };
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
  inputs: { ...shapes(H, W), last_fit: [80], motion: [12] },
  fill: { ...stream, last_fit: steps(3), ...fill },
});

const motionCase = (name: string, [H, W]: [number, number], fill: Record<string, Fill> = {}, inverse = true) => {
  const { depth, luma, last_luma } = shapes(H, W);
  return {
    name,
    attrs: { inverse },
    inputs: { depth, luma, last_luma, last_fit: [80] },
    fill: {
      depth: (_: unknown, i: number) => wave(i),
      luma: waves(Math.ceil(W / 2)),
      last_luma: waves(Math.ceil(W / 2), 0.7, 0.4),
      last_fit: steps(3),
      ...fill,
    },
  };
};

export const steadyMotionSpec = defineSpec({
  op: steadyMotion,
  gate: MOTION_GATE,
  half: [],
  reference: motions,
  cases: [
    motionCase('a camera that turns', [31, 45]),
    motionCase('a camera that comes nearer, larger than the samples', [97, 130], { last_luma: waves(65, 0, 0, 0.98) }),
    motionCase('a picture that is upright', [45, 31], { last_fit: steps(3, 0.02, 3) }),
    motionCase('few regions move', [31, 45], {
      luma: scene,
      last_luma: (_, i) => 0.5 + 0.4 * noise(i) + (i % 23 < 2 && i < 8 * 23 ? 0.1 : 0.001),
    }),
    motionCase('a third of the regions move', [31, 45], { luma: scene, last_luma: movedPart(0.34) }),
    motionCase('the first', [31, 45], { last_fit: steps(0) }),
    motionCase('the first of all', [31, 45], { last_fit: () => 0 }),
    motionCase('flat maps', [9, 8], { last_fit: steps(2, 1, 1) }),
    motionCase('values that are not finite', [31, 45], { depth: (_, i) => (i % 7 === 3 ? NaN : wave(i)) }),
    motionCase('none of inverse depth', [31, 45], {}, false),
  ],
  perf: [motionCase('Depth Anything 518', [518, 686])],
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
    fitCase('a third of the regions move', [31, 45], { luma: movedPart(0.34), motion: stands(0.375) }),
    fitCase('a camera that moves', [31, 45], { luma: waves(23), last_luma: waves(23), motion: flies }),
    fitCase('a camera that moves, larger than the samples', [97, 130], {
      depth: (_, i) => wave(i) / 1.25 + 0.2 * noise(i),
      luma: waves(65),
      last_luma: waves(65),
      motion: flies,
    }),
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
  inputs: { ...shapes(13, 27), fit: [80], motion: [12] },
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
    blendCase('a camera that moves', { luma: waves(14), last_luma: waves(14), motion: flies }),
    blendCase('a camera that moves fast, and back', {
      luma: waves(14),
      last_luma: waves(14),
      motion: (_, i) => (i < 6 ? -6 : 1) * (FLIES[i] as number),
    }),
    blendCase('values that are not finite', {
      last: (next, i) => (i % 5 === 3 ? -Infinity : next()),
    }),
  ],
  perf: [{ ...blendCase('Depth Anything 518'), inputs: { ...shapes(518, 686), fit: [80], motion: [12] } }],
});
