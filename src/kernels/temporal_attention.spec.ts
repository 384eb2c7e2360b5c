import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';
import { temporalAttention, type TemporalAttentionAttrs } from './temporal_attention.js';

const HEADS = 8;
const PLACES = 32;

/** Rows of the frames of a pixel, in the order of their places. */
function clipOf(inputs: Tensors, p: number): number[][] {
  const x = need(inputs, 'x');
  const [P, C] = x.type.shape as [number, number];
  const row = ({ data }: { data: Float64Array }, at: number) => Array.from({ length: C }, (_, c) => data[at * C + c]!);
  const { frames, past } = inputs;
  if (!frames || !past) return [row(x, p)];
  const [others, own] = [frames.data[0]!, frames.data[1]!];
  return Array.from({ length: others + 1 }, (_, place) =>
    place === own ? row(x, p) : row(past, frames.data[4 + place]! * P + p),
  );
}

function reference(inputs: Tensors, { scale }: TemporalAttentionAttrs): { y: Expected } {
  const q = need(inputs, 'q');
  const [P, C] = need(inputs, 'x').type.shape as [number, number];
  const y = blank([P, HEADS * (C + PLACES)]);
  for (let p = 0; p < P; p++) {
    const rows = clipOf(inputs, p);
    for (let h = 0; h < HEADS; h++) {
      const at = (p * HEADS + h) * (C + PLACES);
      const wanted = (i: number) => q.data[at + i]!;
      const score = (row: number[], j: number, of: (value: number) => number) =>
        scale * row.reduce((sum, value, c) => sum + of(value * wanted(c)), of(wanted(C + j)));
      const scores = rows.map((row, j) => score(row, j, (value) => value));
      const top = Math.max(...scores);
      const shares = scores.map((value) => Math.exp(value - top));
      const total = shares.reduce((sum, share) => sum + share, 0);
      // An error of a score moves the shares by as much.
      const reach = 2 + Math.max(...rows.map((row, j) => score(row, j, Math.abs)));
      for (let c = 0; c < C; c++) {
        y.values[at + c] = rows.reduce((sum, row, j) => sum + (shares[j]! / total) * row[c]!, 0);
        y.magnitude[at + c] = reach * Math.max(...rows.map((row) => Math.abs(row[c]!)));
      }
      for (let j = 0; j < PLACES; j++) {
        y.values[at + C + j] = (shares[j] ?? 0) / total;
        y.magnitude[at + C + j] = reach * y.values[at + C + j]!;
      }
    }
  }
  return { y };
}

const shapes = (P: number, C: number, slots = 0) => ({
  q: [P, HEADS * (C + PLACES)],
  x: [P, C],
  ...(slots > 0 ? { past: [slots, P, C], frames: [4 + PLACES] } : {}),
});

/** A table of frames beside that at `own`. */
const clip = (others: number, own: number, slotOf: (place: number) => number) => ({
  frames: (_: () => number, i: number) =>
    i === 0 ? others : i === 1 ? own : i < 4 || i - 4 > others ? 0 : slotOf(i - 4),
});

export const temporalAttentionSpec = defineSpec({
  op: temporalAttention,
  longKernels: ['subgroup'],
  gate: 8,
  half: ['q', 'x', 'past'],
  dtypes: { frames: 'u32' },
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'a clip of one frame', inputs: shapes(11, 12), attrs: { scale: 0.5 } },
    {
      name: 'the first frame of a clip, though there is room',
      inputs: shapes(9, 8, 2),
      attrs: { scale: 1 },
      fill: { ...clip(0, 0, () => 0), past: () => NaN },
      half: false,
    },
    {
      name: '31 frames in slots of a ring, and one of them twice',
      inputs: shapes(13, 64, 31),
      attrs: { scale: 8 ** -0.5 },
      fill: clip(31, 31, (place) => Math.max(0, (place * 7) % 31)),
    },
    {
      name: 'frames on both sides, prime pixels, odd vectors',
      inputs: shapes(37, 20, 9),
      attrs: { scale: 2 },
      // Nothing is seen of the slot that would be its own.
      fill: {
        ...clip(8, 5, (place) => 8 - place),
        past: (next, i) => (Math.floor(i / (37 * 20)) === 3 ? NaN : 2 * next() - 1),
      },
    },
    {
      name: 'wide rows',
      inputs: shapes(3, 384, 31),
      attrs: { scale: 48 ** -0.5 },
      fill: clip(31, 31, (place) => place),
      half: false,
    },
  ],
  perf: [
    {
      name: 'Video Depth Anything small 252, third module',
      inputs: shapes(1296, 64, 31),
      attrs: { scale: 8 ** -0.5 },
      fill: clip(31, 31, (place) => place),
    },
    {
      name: 'Video Depth Anything small 252, first module',
      inputs: shapes(324, 192, 31),
      attrs: { scale: 24 ** -0.5 },
      fill: clip(31, 31, (place) => place),
    },
  ],
});
