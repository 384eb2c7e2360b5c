/**
 * How a table of positions is resized: bicubic by DINOv2's scale factor (g + 0.1)/n, or to the target size as the hub
 * has it; bilinear as DPT and BEiT.
 */
export type PositionRule = 'offset' | 'size' | 'bilinear';

/** Cubic convolution kernel with a = -0.75 (torch bicubic). */
function cubic(t: number): number {
  const a = -0.75;
  const d = Math.abs(t);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** Tent. Clamping the indices is what torch does by clamping the place at 0. */
function linear(t: number): number {
  return 1 - Math.abs(t);
}

/** Clamped source indices and weights for every output index of one axis. */
function taps(from: number, to: number, rule: PositionRule): { index: number; weight: number }[][] {
  const scale = rule === 'offset' ? from / (to + 0.1) : from / to;
  const [near, kernel] = rule === 'bilinear' ? [[0, 1], linear] : [[-1, 0, 1, 2], cubic];
  return Array.from({ length: to }, (_, dst) => {
    const src = (dst + 0.5) * scale - 0.5;
    const base = Math.floor(src);
    return near.map((k) => ({
      index: Math.min(Math.max(base + k, 0), from - 1),
      weight: kernel(src - base - k),
    }));
  });
}

/**
 * Resizes a table of positions [n·n, C] to [gh·gw, C] in f64: half-pixel centres, no antialias; bicubic has a = -0.75,
 * as DINOv2's interpolate_pos_encoding. A grid of exactly n×n is used as it is.
 */
export function resizePositions(
  table: Float32Array,
  n: number,
  C: number,
  gh: number,
  gw: number,
  rule: PositionRule,
): Float32Array {
  if (gh === n && gw === n) return table;
  const rows = taps(n, gh, rule);
  const columns = taps(n, gw, rule);
  const resized = new Float32Array(gh * gw * C);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      for (let c = 0; c < C; c++) {
        let sum = 0;
        for (const r of row)
          for (const k of column) sum += r.weight * k.weight * (table[(r.index * n + k.index) * C + c] as number);
        resized[(y * gw + x) * C + c] = sum;
      }
    }),
  );
  return resized;
}
