import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';
import { temporalAttention, type TemporalAttentionAttrs } from './temporal_attention.js';

const HEADS = 8;
const FRAMES = 32;

/** Slots and places of the earlier frames, and the place of the frame at hand. */
function listOf(inputs: Tensors): { past: (readonly [number, number])[]; place: number } {
  const { data } = inputs['frames'] ?? { data: new Float64Array(2 * FRAMES) };
  const pair = (i: number) => [data[2 * i]!, data[2 * i + 1]!] as const;
  const [count, place] = pair(0);
  return { past: Array.from({ length: count }, (_, j) => pair(j + 1)), place };
}

function reference(inputs: Tensors, { scale }: TemporalAttentionAttrs): { y: Expected } {
  const [q, x, positions] = [need(inputs, 'q'), need(inputs, 'x'), need(inputs, 'positions')];
  const [P, C] = x.type.shape as [number, number];
  const { past, place } = listOf(inputs);
  const y = blank([P, HEADS * C]);
  for (let p = 0; p < P; p++) {
    const rows = past.map(([slot, at]) =>
      Array.from({ length: C }, (_, c) => inputs['past']!.data[(slot * P + p) * C + c]! + positions.data[at * C + c]!),
    );
    rows.push(Array.from({ length: C }, (_, c) => x.data[p * C + c]! + positions.data[place * C + c]!));
    for (let h = 0; h < HEADS; h++) {
      const wanted = (c: number) => q.data[(p * HEADS + h) * C + c]!;
      const scores = rows.map((row) => scale * row.reduce((sum, value, c) => sum + value * wanted(c), 0));
      const top = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - top));
      const total = shares.reduce((sum, share) => sum + share, 0);
      for (let c = 0; c < C; c++) {
        const at = (p * HEADS + h) * C + c;
        y.values[at] = rows.reduce((sum, row, j) => sum + (shares[j]! / total) * row[c]!, 0);
        // An error of a score moves its share: as much as all terms of the score are worth.
        const reach = Math.max(
          ...rows.map((row) => scale * row.reduce((sum, value, i) => sum + Math.abs(value * wanted(i)), 0)),
        );
        y.magnitude[at] = (2 + reach) * Math.max(...rows.map((row) => Math.abs(row[c]!)));
      }
    }
  }
  return { y };
}

const shapes = (P: number, C: number, slots = 0) => ({
  q: [P, HEADS * C],
  x: [P, C],
  positions: [FRAMES, C],
  ...(slots > 0 ? { past: [slots, P, C], frames: [2 * FRAMES] } : {}),
});

/** A table of `count` frames: slots in some order, places from 0 on, that at hand last. */
const listed = (count: number, slotOf: (j: number) => number, place = count) => ({
  q: 'signed' as const,
  frames: (_: () => number, i: number) => {
    if (i < 2) return i === 0 ? count : place;
    const j = Math.floor(i / 2) - 1;
    if (j >= count) return 0;
    return i % 2 === 0 ? slotOf(j) : j < place ? j : j + 1;
  },
});

export const temporalAttentionSpec = defineSpec({
  op: temporalAttention,
  gate: 8,
  half: ['q', 'x', 'past'],
  dtypes: { frames: 'u32' },
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'a frame alone', inputs: shapes(11, 12), attrs: { scale: 0.5 } },
    {
      name: 'no frames yet, though there is room',
      inputs: shapes(9, 8, 2),
      attrs: { scale: 1 },
      fill: listed(0, () => 0),
      half: false,
    },
    { name: 'one earlier frame', inputs: shapes(8, 4, 3), attrs: { scale: 1 }, fill: listed(1, () => 2), half: false },
    {
      name: '31 earlier frames in slots of a ring, one of them many times',
      inputs: shapes(13, 64, 31),
      attrs: { scale: 8 ** -0.5 },
      fill: listed(31, (j) => Math.max(0, (j * 7) % 31)),
    },
    {
      name: 'frames on both sides, prime pixels, odd vectors',
      inputs: shapes(37, 20, 9),
      attrs: { scale: 2 },
      fill: listed(9, (j) => 8 - j, 4),
    },
    {
      name: 'wide rows',
      inputs: shapes(3, 384, 31),
      attrs: { scale: 48 ** -0.5 },
      fill: listed(31, (j) => j),
      half: false,
    },
  ],
  perf: [
    {
      name: 'Video Depth Anything small 252, third module',
      inputs: shapes(1296, 64, 31),
      attrs: { scale: 8 ** -0.5 },
      fill: listed(31, (j) => j),
    },
    {
      name: 'Video Depth Anything small 252, first module',
      inputs: shapes(324, 192, 31),
      attrs: { scale: 24 ** -0.5 },
      fill: listed(31, (j) => j),
    },
  ],
});
