import {
  affine,
  doubt,
  doubtDistance,
  doubtEvidence,
  doubtFit,
  type AffineAttrs,
  type DoubtAttrs,
  type DoubtDistanceAttrs,
  type DoubtEvidenceAttrs,
  type DoubtFitAttrs,
  type Seen,
} from './doubt.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** Index of a pixel of a row that goes on mirrored at its ends. */
function mirrored(at: number, side: number): number {
  const folded = Math.abs(at) > side - 1 ? 2 * (side - 1) - Math.abs(at) : Math.abs(at);
  return Math.min(Math.max(folded, 0), side - 1);
}

function moved(inputs: Tensors, { scaleX, moveX, scaleY, moveY }: AffineAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const [H, W, C = 1] = x.type.shape as [number, number, number?];
  const y = blank(x.type.shape);
  for (let row = 0; row < H; row++)
    for (let column = 0; column < W; column++) {
      const [v, u] = [mirrored(scaleY * row + moveY, H), mirrored(scaleX * column + moveX, W)];
      for (let j = 0; j < 4; j++) {
        const [top, left] = [Math.floor(v) + (j >> 1), Math.floor(u) + (j & 1)];
        const weight = Math.max(1 - Math.abs(v - top), 0) * Math.max(1 - Math.abs(u - left), 0);
        const from = Math.min(top, H - 1) * W + Math.min(left, W - 1);
        for (let c = 0; c < C; c++) {
          const value = x.data[from * C + c] as number;
          const to = (row * W + column) * C + c;
          y.values[to]! += weight * value;
          // Places are rounded too, to a part of the sides.
          y.magnitude[to]! += (weight + H + W) * Math.abs(value);
        }
      }
    }
  return { y };
}

const flip = (W: number): AffineAttrs => ({ scaleX: -1, moveX: W - 1, scaleY: 1, moveY: 0 });

export const affineSpec = defineSpec({
  op: affine,
  gate: 4,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference: moved,
  cases: [
    { name: 'a picture from right to left', inputs: { x: [3, 5, 4] }, attrs: flip(5), half: false },
    { name: 'one pixel', inputs: { x: [1, 1] }, attrs: flip(1), half: false },
    { name: 'one column', inputs: { x: [3, 1, 4] }, attrs: flip(1), half: false },
    {
      name: 'a map moved past its borders, which is mirrored there',
      inputs: { x: [7, 9] },
      attrs: { scaleX: 1, moveX: -2.5, scaleY: 1, moveY: 3.25 },
      half: false,
    },
    {
      name: 'a smaller picture, with its surroundings mirrored',
      inputs: { x: [12, 17, 4] },
      attrs: { scaleX: 1.4, moveX: -3.2, scaleY: 1.4, moveY: -2.2 },
      half: false,
    },
  ],
  perf: [{ name: 'Depth Anything 518×686', inputs: { x: [518, 686, 4] }, attrs: flip(686) }],
});

/** At most 64×64 pixels of what both maps show, evenly spread, where both are finite. */
function samples(inputs: Tensors, { top, left, bottom, right }: Seen): { a: number; b: number }[] {
  const [depth, other] = [need(inputs, 'depth'), need(inputs, 'other')];
  const W = depth.type.shape[1] as number;
  const [H, across] = [bottom - top, right - left];
  const [rows, columns] = [Math.min(H, 64), Math.min(across, 64)];
  return Array.from({ length: rows * columns }, (_, i) => {
    const row = top + Math.floor(((Math.floor(i / columns) + 0.5) * H) / rows);
    const column = left + Math.floor((((i % columns) + 0.5) * across) / columns);
    return { a: other.data[row * W + column] as number, b: depth.data[row * W + column] as number };
  }).filter(({ a, b }) => Number.isFinite(a) && Number.isFinite(b));
}

const FIT_GATE = 64;

function fitted(inputs: Tensors, { freedom, seen }: DoubtFitAttrs): { fit: Expected } {
  const pairs = samples(inputs, seen);
  const count = Math.max(pairs.length, 1);
  const sum = (of: (pair: { a: number; b: number }) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  const [meanA, meanB] = [sum(({ a }) => a) / count, sum(({ b }) => b) / count];
  const shifted = freedom === 'scale-and-shift';
  const [fromA, fromB] = shifted ? [meanA, meanB] : [0, 0];
  const squares = sum(({ a }) => (a - fromA) ** 2);
  const products = sum(({ a, b }) => (a - fromA) * (b - fromB));
  const scale = squares > 0 ? products / squares : 1;
  const spread = Math.sqrt(sum(({ b }) => (b - meanB) ** 2) / count);
  const size = Math.sqrt(sum(({ b }) => b * b) / count);
  const fit = blank([4]);
  fit.values.set([scale, shifted ? meanB - scale * meanA : 0, spread, Math.min(...pairs.map(({ b }) => b))]);
  if (pairs.length === 0) fit.values[3] = 0;
  const parts = squares > 0 ? sum(({ a, b }) => Math.abs((a - fromA) * (b - fromB))) / squares : 1;
  fit.magnitude.set([parts, Math.abs(meanB) + parts * Math.abs(meanA) + size, size, 1]);
  return { fit };
}

const maps = (H: number, W: number) => ({ depth: [H, W], other: [H, W] });
const all = (H: number, W: number): Seen => ({ top: 0, left: 0, bottom: H, right: W });
const positive = (next: () => number) => 1 + next();

export const doubtFitSpec = defineSpec({
  op: doubtFit,
  gate: FIT_GATE,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference: fitted,
  cases: [
    {
      name: 'scale and shift, more pixels than are fitted',
      inputs: maps(70, 131),
      attrs: { freedom: 'scale-and-shift', seen: all(70, 131) },
      fill: { depth: positive, other: (next, i) => 3 * next() + (i % 7) },
      half: false,
    },
    {
      name: 'scale and shift of the lower right part',
      inputs: maps(90, 77),
      attrs: { freedom: 'scale-and-shift', seen: { top: 13, left: 5, bottom: 90, right: 73 } },
      fill: { depth: (next, i) => (i < 13 * 77 ? 1e4 : positive(next)), other: (next, i) => 3 * next() + (i % 7) },
      half: false,
    },
    {
      name: 'a scale',
      inputs: maps(9, 13),
      attrs: { freedom: 'scale', seen: all(9, 13) },
      fill: positive,
      half: false,
    },
    {
      name: 'an estimate that is the same everywhere',
      inputs: maps(4, 4),
      attrs: { freedom: 'scale-and-shift', seen: all(4, 4) },
      fill: { depth: positive, other: () => 2 },
      half: false,
    },
    {
      name: 'values that are not finite',
      inputs: maps(8, 8),
      attrs: { freedom: 'scale-and-shift', seen: all(8, 8) },
      fill: { depth: (next, i) => (i % 5 ? positive(next) : NaN), other: (next, i) => (i % 7 ? next() : Infinity) },
      half: false,
    },
  ],
  perf: [
    {
      name: 'Depth Anything 518×686',
      inputs: maps(518, 686),
      attrs: { freedom: 'scale-and-shift', seen: all(518, 686) },
    },
  ],
});

function distances(inputs: Tensors, { inA, inB }: DoubtDistanceAttrs): { distance: Expected } {
  const depth = need(inputs, 'depth');
  const [H, W] = depth.type.shape as [number, number];
  const distance = blank(depth.type.shape);
  for (const [name, { top, left, bottom, right }] of [['a', inA] as const, ['b', inB] as const]) {
    const { data: fit } = need(inputs, `fit_${name}`);
    const [scale, shift] = [fit[0] as number, fit[1] as number];
    need(inputs, name).data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / W), i % W];
      if (row < top || row >= bottom || column < left || column >= right) return;
      const at = depth.data[i] as number;
      const counts = fading(row, top, bottom, H) * fading(column, left, right, W);
      // NaN stays.
      distance.values[i] = Math.max(distance.values[i] as number, counts * Math.abs(scale * value + shift - at));
      distance.magnitude[i]! += Math.abs(scale * value) + Math.abs(shift) + Math.abs(at);
    });
  }
  return { distance };
}

/** How much a row or column of a part counts, from its middle: from 0 to 1 over 8 % of a side at inner ends. */
function fading(at: number, first: number, end: number, side: number): number {
  const inner = [first > 0 ? at + 0.5 - first : side, end < side ? end - at - 0.5 : side];
  const share = Math.min(Math.min(...inner) / (0.08 * side), 1);
  return share * share * (3 - 2 * share);
}

const estimates = (H: number, W: number) => ({
  ...{ depth: [H, W], a: [H, W], b: [H, W] },
  ...{ fit_a: [4], fit_b: [4] },
});

export const doubtDistanceSpec = defineSpec({
  op: doubtDistance,
  gate: 4,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference: distances,
  cases: [
    {
      name: 'each shows another part',
      inputs: estimates(9, 15),
      attrs: { inA: { top: 2, left: 0, bottom: 9, right: 12 }, inB: { top: 0, left: 4, bottom: 8, right: 15 } },
      half: false,
    },
    {
      name: 'parts that fade over more than a pixel',
      inputs: estimates(40, 32),
      attrs: { inA: { top: 0, left: 12, bottom: 25, right: 32 }, inB: { top: 15, left: 0, bottom: 40, right: 20 } },
      half: false,
    },
    { name: 'one pixel', inputs: estimates(1, 1), attrs: { inA: all(1, 1), inB: all(1, 1) }, half: false },
  ],
  perf: [
    {
      name: 'Depth Anything 518×686',
      inputs: estimates(518, 686),
      attrs: { inA: all(518, 686), inB: all(518, 686) },
    },
  ],
});

/** Indices of five by five pixels around one, so many apart that 96 make the shorter side; borders are repeated. */
function around(i: number, H: number, W: number): number[] {
  const apart = Math.max(1, Math.round(Math.min(H, W) / 96));
  const inside = (at: number, side: number) => Math.min(Math.max(at, 0), side - 1);
  return Array.from({ length: 25 }, (_, tap) => {
    const row = inside(Math.floor(i / W) + apart * (Math.floor(tap / 5) - 2), H);
    return row * W + inside((i % W) + apart * ((tap % 5) - 2), W);
  });
}

function shares(inputs: Tensors, { std }: DoubtEvidenceAttrs): { share: Expected } {
  const { type, data } = need(inputs, 'picture');
  const [H, W] = type.shape as [number, number, number];
  const [rows, columns] = [Math.min(H, 64), Math.min(W, 64)];
  let seen = 0;
  for (let i = 0; i < rows * columns; i++) {
    const row = Math.floor(((Math.floor(i / columns) + 0.5) * H) / rows);
    const here = row * W + Math.floor((((i % columns) + 0.5) * W) / columns);
    const ranges = std.map((part, c) => {
      const values = around(here, H, W).map((at) => data[4 * at + c] as number);
      return part * (Math.max(...values) - Math.min(...values));
    });
    if (ranges.some((range) => range > 0.04)) seen++;
  }
  const share = blank([1]);
  share.values[0] = seen / (rows * columns);
  share.magnitude[0] = 1;
  return { share };
}

const std = [0.229, 0.224, 0.225] as const;
/** A picture of noise that is not seen, with what `seen` says where it is. */
const faint = (seen: (i: number) => number) => (next: () => number, i: number) => 0.1 * next() + seen(i);

export const doubtEvidenceSpec = defineSpec({
  op: doubtEvidence,
  gate: 4,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference: shares,
  cases: [
    {
      name: 'something in each channel, in another place',
      inputs: { picture: [40, 60, 4] },
      attrs: { std },
      // The fourth channel does not count.
      fill: faint((i) => ({ 3000: 1, 7001: -1, 5302: 1, 603: 9 })[i] ?? 0),
      half: false,
    },
    {
      name: 'a picture of more pixels than are looked at, in steps of two, with an edge',
      inputs: { picture: [150, 160, 4] },
      attrs: { std },
      fill: faint((i) => (Math.floor(i / 4) % 160 > 100 ? 1 : 0)),
      half: false,
    },
    { name: 'nothing', inputs: { picture: [5, 3, 4] }, attrs: { std }, fill: faint(() => 2), half: false },
  ],
  perf: [{ name: 'Depth Anything 518×686', inputs: { picture: [518, 686, 4] }, attrs: { std } }],
});

function confidences(inputs: Tensors, { inverse }: DoubtAttrs): { confidence: Expected } {
  const [depth, distance, aside] = [need(inputs, 'depth'), need(inputs, 'distance'), need(inputs, 'aside')];
  const [H, W] = depth.type.shape as [number, number];
  const [, , spread, least] = need(inputs, 'fit').data as unknown as [number, number, number, number];
  // What a flat map is worth, e-fold less for each tenth of the picture that shows something.
  const blankness = 0.5 * Math.exp(-10 * (need(inputs, 'share').data[0] as number));
  const confidence = blank(depth.type.shape);
  depth.data.forEach((value, i) => {
    let most = 0;
    for (const at of around(i, H, W)) most = Math.max(most, distance.data[at] as number, aside.data[at] as number);
    const over = inverse ? value - Math.min(value, least) + 0.7 * spread : Math.abs(value);
    const ratio = ((most + (inverse ? 0.15 * spread : 0)) / over + blankness) / 0.2;
    confidence.values[i] = Number.isFinite(value + most) ? 1 / (1 + ratio ** 2) : 0;
    // The function of the ratio falls by at most 0.65 where that grows by 1; the value may cancel with the least one.
    const parts = inverse ? (Math.abs(value) + Math.abs(least) + spread) / over : 1;
    confidence.magnitude[i] = Number.isFinite(value + most) ? 1 + parts : 1;
  });
  return { confidence };
}

const judged = (H: number, W: number) => ({ depth: [H, W], distance: [H, W], aside: [H, W], fit: [4], share: [1] });
const share = () => 0.17;
const fit = (_: unknown, i: number) => [1.1, -0.1, 0.3, 1.05][i] as number;
const near = (next: () => number) => 0.4 * next() ** 3;

export const doubtSpec = defineSpec({
  op: doubt,
  gate: 8,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference: confidences,
  cases: [
    {
      name: 'inverse depth',
      inputs: judged(9, 15),
      attrs: { inverse: true },
      fill: { depth: positive, distance: near, aside: near, fit, share },
      half: false,
    },
    {
      name: 'depth, looked at in steps of two pixels',
      inputs: judged(150, 160),
      attrs: { inverse: false },
      fill: { depth: positive, distance: near, aside: near, fit, share },
      half: false,
    },
    {
      name: 'values that are not finite',
      inputs: judged(13, 17),
      attrs: { inverse: true },
      fill: {
        depth: (next, i) => (i === 4 ? NaN : positive(next)),
        distance: (next, i) => [NaN, Infinity][i - 99] ?? near(next),
        aside: (next, i) => [NaN, Infinity][i - 30] ?? near(next),
        fit,
        share,
      },
      half: false,
    },
  ],
  perf: [{ name: 'Depth Anything 518×686', inputs: judged(518, 686), attrs: { inverse: true } }],
});
