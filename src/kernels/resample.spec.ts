/** One input pixel that takes part in an output pixel. */
export interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** Scale of a tap's rounding error: its weight, and the rounding of the position, which moves every weight. */
export function tapScale({ weight }: Tap): number {
  return Math.abs(weight) + 0.25;
}

/** Cubic convolution kernel of parameter `a` at distance `t` (Keys 1981). */
export function cubicReference(t: number, a: number): number {
  const u = Math.abs(t);
  if (u <= 1) return (a + 2) * u ** 3 - (a + 3) * u ** 2 + 1;
  return u < 2 ? a * u ** 3 - 5 * a * u ** 2 + 8 * a * u - 4 * a : 0;
}

/** Taps of cv2's INTER_CUBIC and torch's bicubic: a = -0.75, half-pixel centres, borders repeated. */
export function cubicTaps(at: number, input: number, output: number): Tap[] {
  const source = ((at + 0.5) * input) / output - 0.5;
  const base = Math.floor(source);
  return [-1, 0, 1, 2].map((d) => ({ at: clampTo(base + d, input), weight: cubicReference(source - base - d, -0.75) }));
}

/** Taps of torch's bilinear. */
export function bilinearTaps(at: number, input: number, output: number, alignCorners: boolean): Tap[] {
  const aligned = output > 1 ? (at * (input - 1)) / (output - 1) : 0;
  const source = alignCorners ? aligned : Math.max(0, ((at + 0.5) * input) / output - 0.5);
  const base = Math.floor(source);
  return [
    { at: base, weight: 1 - (source - base) },
    { at: Math.min(base + 1, input - 1), weight: source - base },
  ];
}

/** Taps of Pillow's bicubic, as `precompute_coeffs` in its Resample.c makes them. */
export function antialiasTaps(at: number, input: number, output: number): Tap[] {
  const scale = input / output;
  const stretch = Math.max(1, scale);
  const center = (at + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - 2 * stretch + 0.5));
  const end = Math.min(input, Math.trunc(center + 2 * stretch + 0.5));
  const weights = Array.from({ length: end - first }, (_, i) =>
    cubicReference((first + i - center + 0.5) / stretch, -0.5),
  );
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w, i) => ({ at: first + i, weight: w / total }));
}

function clampTo(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

/**
 * Largest error of a byte that was rounded in f32: one when the exact value is nearly halfway between two, else none.
 */
export function byteRounding(exact: number): { readonly byte: number; readonly slack: number } {
  const halfway = Math.abs(exact - Math.floor(exact) - 0.5) < 1e-3;
  return { byte: Math.min(255, Math.max(0, Math.floor(exact + 0.5))), slack: halfway ? 1 : 0 };
}
