import { blank, need, type Expected, type Tensor, type Tensors } from './spec.js';
import type { FitAttrs, MotionAttrs } from './steady.js';
import type { Normalization } from './preprocess.js';

/** Gate of the fit. */
export const FIT_GATE = 64;

const at = ({ data }: Tensor, i: number) => data[i] as number;
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / Math.max(values.length, 1);
const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v, low), high);

export function lumas(inputs: Tensors, { mean: means, std }: Normalization): { luma: Expected } {
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

export function motions(inputs: Tensors, { inverse }: MotionAttrs): { motion: Expected } {
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

export function fits(inputs: Tensors, { aligned }: FitAttrs): { fit: Expected } {
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

export function blends(inputs: Tensors): { y: Expected } {
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
