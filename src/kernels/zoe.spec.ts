import { geluReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';
import { zoeAttract, zoeDepth, zoeRoute, zoeSeeds, type ZoeAttractAttrs, type ZoeBinsAttrs } from './zoe.js';

const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)));
const f32 = <Attrs>(attrs: Attrs): Attrs => attrs;
const wide = (next: () => number): number => 30 * next() - 15;

function seeds(inputs: Tensors, { normed }: ZoeBinsAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const B = x.type.shape[2]!;
  const y = blank(x.type.shape);
  for (let first = 0; first < x.data.length; first += B) {
    const widths = Array.from(x.data.subarray(first, first + B), (value) => Math.max(value, 0) + 1e-3);
    const sum = widths.reduce((a, b) => a + b);
    let edge = 0;
    widths.forEach((width, i) => {
      y.values[first + i] = normed ? (edge + width / 2) / sum : softplus(x.data[first + i]!);
      y.magnitude[first + i] = normed ? 1 : Math.abs(x.data[first + i]!) + 1;
      edge += width;
    });
  }
  return { y };
}

export const zoeSeedsSpec = defineSpec({
  op: zoeSeeds,
  gate: 8,
  half: [],
  halfAttrs: f32,
  reference: seeds,
  cases: [
    { name: 'depth', inputs: { x: [3, 5, 64] }, attrs: { normed: false }, fill: wide, half: false },
    { name: 'places of widths', inputs: { x: [3, 5, 64] }, attrs: { normed: true }, fill: wide, half: false },
    { name: 'no width above zero', inputs: { x: [1, 2, 8] }, attrs: { normed: true }, fill: () => -1, half: false },
  ],
  perf: [{ name: 'ZoeDepth 384×512', inputs: { x: [12, 16, 64] }, attrs: { normed: false } }],
});

function attract(inputs: Tensors, { normed, count, range }: ZoeAttractAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const [H, W, A] = x.type.shape as [number, number, number];
  const y = bilinearReference(need(inputs, 'low'), [H, W], true);
  const B = y.shape[2]!;
  y.values.forEach((bin, i) => {
    let pull = 0;
    for (let j = 0; j < count; j++) {
      const raw = x.data[Math.floor(i / B) * A + (normed ? 2 * j : j)]!;
      const d = (normed ? Math.max(raw, 0) + 1e-3 : softplus(raw)) - bin;
      pull += d / (1 + 300 * d * d) / count;
    }
    const [least, most] = range ?? [0, 1];
    const moved = bin + pull;
    y.values[i] = range ? Math.min(Math.max((most - least) * moved + least, least), most) : moved;
    y.magnitude[i] = (most - least) * (2 * y.magnitude[i]! + 2) + least;
  });
  return { y };
}

const near = { x: (next: () => number) => next() - 0.5, low: (next: () => number) => next() };

export const zoeAttractSpec = defineSpec({
  op: zoeAttract,
  gate: 8,
  half: [],
  halfAttrs: f32,
  reference: attract,
  cases: [
    {
      name: 'sixteen attractors',
      inputs: { x: [6, 8, 16], low: [3, 4, 64] },
      attrs: { normed: false, count: 16 },
      fill: near,
      half: false,
    },
    {
      name: 'one attractor among four values',
      inputs: { x: [5, 7, 4], low: [3, 4, 64] },
      attrs: { normed: false, count: 1 },
      fill: near,
      half: false,
    },
    {
      name: 'the first of each pair, places',
      inputs: { x: [4, 6, 32], low: [2, 3, 64] },
      attrs: { normed: true, count: 16 },
      fill: near,
      half: false,
    },
    {
      name: 'places made metres',
      inputs: { x: [4, 6, 4], low: [2, 3, 64] },
      attrs: { normed: true, count: 1, range: [1e-3, 10] },
      fill: { ...near, low: (next) => 1.4 * next() - 0.2 },
      half: false,
    },
  ],
  perf: [
    {
      name: 'ZoeDepth NK 384×512: last step',
      inputs: { x: [192, 256, 16], low: [96, 128, 64] },
      attrs: { normed: false, count: 16 },
    },
  ],
});

/** Magnitude: an error of a score, over the temperature, moves weight between the least and the largest bin. */
function depth(inputs: Tensors): { depth: Expected } {
  const [features, weight1, weight2] = [need(inputs, 'features'), need(inputs, 'weight1'), need(inputs, 'weight2')];
  const [relative, choose] = [need(inputs, 'relative'), need(inputs, 'choose')];
  const [H, W, F] = features.type.shape as [number, number, number];
  const embedding = bilinearReference(need(inputs, 'embedding'), [H, W], true);
  const bins = bilinearReference(need(inputs, 'bins'), [H, W], true);
  const M = embedding.shape[2]!;
  const BINS = bins.shape[2]!;
  const y = blank([H, W]);
  for (let pixel = 0; pixel < H * W; pixel++) {
    const own = [...features.data.subarray(pixel * F, (pixel + 1) * F)];
    const rough = own.reduce((sum, v, i) => sum + v * relative.data[i]!, relative.data[F]!);
    if (weight1.type.shape[0] === F + 1) own.push(Math.max(rough, 0));
    const outputs = [0, 1, 2, 3].map((n) => weight2.data[4 * M + n]!);
    const sizes = outputs.map(Math.abs);
    for (let m = 0; m < M; m++) {
      const at = pixel * M + m;
      const sum = own.reduce((total, v, i) => total + v * weight1.data[i * M + m]!, embedding.values[at]!);
      const size = own.reduce(
        (total, v, i) => total + Math.abs(v * weight1.data[i * M + m]!),
        embedding.magnitude[at]!,
      );
      for (let n = 0; n < 4; n++) {
        outputs[n] = outputs[n]! + geluReference(sum) * weight2.data[4 * m + n]!;
        sizes[n] = sizes[n]! + size * Math.abs(weight2.data[4 * m + n]!);
      }
    }
    const parts = outputs.map(softplus);
    const share = (a: number, b: number) => (a + 1e-4) / (a + b + 2e-4);
    const blur = (i: number) => (1 + sizes[i]! + sizes[i + 1]!) / (parts[i]! + parts[i + 1]! + 2e-4);
    const p = share(parts[0]!, parts[1]!);
    const t = 0.0212 + (50 - 0.0212) * share(parts[2]!, parts[3]!);
    const [yes, no] = [p, 1 - p].map((v) => Math.log(Math.min(Math.max(v, 1e-4), 1))) as [number, number];
    const scores = Array.from({ length: BINS }, (_, k) => choose.data[k]! + k * yes + (BINS - 1 - k) * no);
    const most = Math.max(...scores);
    const weights = scores.map((score) => Math.exp((score - most) / t));
    const total = weights.reduce((a, b) => a + b);
    const own64 = bins.values.subarray(pixel * BINS, (pixel + 1) * BINS);
    y.values[pixel] = weights.reduce((sum, w, k) => sum + w * own64[k]!, 0) / total;
    const size = Math.max(...bins.magnitude.subarray(pixel * BINS, (pixel + 1) * BINS));
    const reach = Math.max(...scores.map(Math.abs)) + 130;
    const doubt = (reach * (2 + blur(2) * (50 / t)) + (63 * blur(0)) / Math.min(p, 1 - p)) / t;
    y.magnitude[pixel] = size * (1 + Math.min(doubt, 1e4));
  }
  return { depth: y };
}

const shapes = (H: number, W: number, [LH, LW]: readonly [number, number], M: number, rows: number) => ({
  features: [H, W, 32],
  embedding: [LH, LW, M],
  bins: [LH, LW, 64],
  weight1: [rows, M],
  weight2: [M + 1, 4],
  relative: [36],
  choose: [64],
});
const n = 63;
const filled = {
  bins: (next: () => number) => 10 * next(),
  choose: (_: () => number, k: number) =>
    n * Math.log(n) - (k > 0 ? k * Math.log(k) : 0) - (k < n ? (n - k) * Math.log(n - k) : 0),
};

export const zoeDepthSpec = defineSpec({
  op: zoeDepth,
  gate: 8,
  half: [],
  halfAttrs: f32,
  reference: depth,
  cases: [
    { name: 'with relative depth', inputs: shapes(6, 10, [3, 5], 80, 33), attrs: {}, fill: filled, half: false },
    { name: 'without relative depth', inputs: shapes(7, 5, [4, 3], 40, 32), attrs: {}, fill: filled, half: false },
    { name: 'one pixel', inputs: shapes(1, 1, [1, 1], 4, 33), attrs: {}, fill: filled, half: false },
  ],
  perf: [{ name: 'ZoeDepth 384×512', inputs: shapes(384, 512, [192, 256], 80, 33), attrs: {} }],
});

export const zoeRouteSpec = defineSpec({
  op: zoeRoute,
  gate: 1,
  half: [],
  halfAttrs: f32,
  reference(inputs) {
    const [logits, indoor, outdoor] = [need(inputs, 'logits'), need(inputs, 'indoor'), need(inputs, 'outdoor')];
    const y = blank(indoor.type.shape);
    y.values.set((logits.data[0]! >= logits.data[1]! ? indoor : outdoor).data);
    y.magnitude.fill(1);
    return { depth: y };
  },
  cases: [
    {
      name: 'indoor',
      inputs: { logits: [1, 4], indoor: [5, 7], outdoor: [5, 7] },
      attrs: {},
      fill: { logits: (_, i) => [1, 0, 9, 9][i]! },
      half: false,
    },
    {
      name: 'outdoor',
      inputs: { logits: [1, 4], indoor: [5, 7], outdoor: [5, 7] },
      attrs: {},
      fill: { logits: (_, i) => [-1, -0.5, 0, 0][i]! },
      half: false,
    },
  ],
  perf: [{ name: 'ZoeDepth 384×512', inputs: { logits: [1, 4], indoor: [384, 512], outdoor: [384, 512] }, attrs: {} }],
});
