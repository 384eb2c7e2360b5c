import { blank, type Expected, type Tensor } from './spec.js';

/** Where an output pixel samples a side: the two neighbours and the weight of the second. */
function sample(
  at: number,
  from: number,
  to: number,
  alignCorners: boolean,
): { first: number; second: number; weight: number; source: number } {
  const source = alignCorners
    ? to > 1
      ? (at * (from - 1)) / (to - 1)
      : 0
    : Math.max(0, ((at + 0.5) * from) / to - 0.5);
  const first = Math.min(Math.floor(source), from - 1);
  return { first, second: Math.min(first + 1, from - 1), weight: source - first, source };
}

/**
 * low[LH,LW,C] resized to [H,W,C]. The magnitude counts the rounding of the sample position too: an error of
 * 2⁻²⁴ in a position p moves the value by p·2⁻²⁴ times the difference of the neighbours.
 */
export function bilinearReference(
  { type, data }: Tensor,
  [H, W]: readonly [number, number],
  alignCorners: boolean,
): Expected {
  const [LH, LW, C] = type.shape as [number, number, number];
  const out = blank([H, W, C]);
  for (let y = 0; y < H; y++) {
    const v = sample(y, LH, H, alignCorners);
    for (let x = 0; x < W; x++) {
      const u = sample(x, LW, W, alignCorners);
      for (let c = 0; c < C; c++) {
        const pixel = (row: number, column: number) => data[(row * LW + column) * C + c] as number;
        const [a, b, d, e] = [
          pixel(v.first, u.first),
          pixel(v.first, u.second),
          pixel(v.second, u.first),
          pixel(v.second, u.second),
        ];
        const upper = a + (b - a) * u.weight;
        const lower = d + (e - d) * u.weight;
        const i = (y * W + x) * C + c;
        out.values[i] = upper + (lower - upper) * v.weight;
        const across = Math.max(Math.abs(b - a), Math.abs(e - d)) * u.source;
        const along = Math.max(Math.abs(d - a), Math.abs(e - b)) * v.source;
        out.magnitude[i] = Math.max(Math.abs(a), Math.abs(b), Math.abs(d), Math.abs(e)) + across + along;
      }
    }
  }
  return out;
}
