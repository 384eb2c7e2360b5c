import type { DepthMap } from 'depthwise';

/** Depth values of a picture, of a model or true. */
export interface Layer {
  readonly title: string;
  /** [height,width] */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly kind: DepthMap['kind'];
}

/** How far two layers agree, and where they do not. */
export interface Agreement {
  /** Correlation of inverse depths, -1 to 1. */
  readonly correlation: number;
  /** Mean difference of inverse depths, the second fitted to the first, as part of the first's span. */
  readonly difference: number;
  /** Part of pairs of pixels, at clearly different depths in the first, that the second has in the same order. */
  readonly order: number;
  /** Signed differences [height,width] as parts of the span, above 0 where the second is nearer. */
  readonly differences: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Longest side of the grid that layers are compared on. */
const GRID = 320;
const PAIRS = 20_000;
/** Depths that differ by less of the span have no order to agree on. */
const CLEAR = 0.03;

/**
 * Compares two layers as inverse depths, of which the second may be scaled and shifted: what models without a unit
 * leave open.
 */
export function compareLayers(first: Layer, second: Layer): Agreement {
  const factor = Math.min(1, GRID / Math.max(first.width, first.height));
  const width = Math.max(1, Math.round(first.width * factor));
  const height = Math.max(1, Math.round(first.height * factor));
  const [a, b] = [onGrid(first, width, height), onGrid(second, width, height)];
  const { scale, shift, correlation } = fit(b, a);
  const span = spanOf(a);
  const differences = a.map((value, i) => (scale * b[i]! + shift - value) / span);
  const sum = differences.reduce((total, value) => total + Math.abs(value), 0);
  return {
    correlation,
    difference: sum / differences.length,
    order: sameOrder(a, b, CLEAR * span),
    differences,
    width,
    height,
  };
}

/** Inverse depths on a grid, by the nearest pixel; 0 is infinitely far. */
function onGrid({ values, width: W, height: H, kind }: Layer, width: number, height: number): Float32Array {
  const grid = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * H) / height) * W;
    for (let x = 0; x < width; x++) {
      const value = values[row + Math.floor(((x + 0.5) * W) / width)]!;
      const inverse = kind === 'relative-inverse' ? value : value > 0 ? 1 / value : 0;
      grid[y * width + x] = Number.isFinite(inverse) ? inverse : 0;
    }
  }
  return grid;
}

/** The scale and shift that bring one to the other with the least squares. */
function fit(from: Float32Array, to: Float32Array): { scale: number; shift: number; correlation: number } {
  const n = from.length;
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / n;
  const [mf, mt] = [mean(from), mean(to)];
  let [ff, tt, ft] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [f, t] = [from[i]! - mf, to[i]! - mt];
    ff += f * f;
    tt += t * t;
    ft += f * t;
  }
  const scale = ff > 0 ? ft / ff : 0;
  return { scale, shift: mt - scale * mf, correlation: ff > 0 && tt > 0 ? ft / Math.sqrt(ff * tt) : 0 };
}

function spanOf(values: Float32Array): number {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > least ? most - least : 1;
}

function sameOrder(a: Float32Array, b: Float32Array, clear: number): number {
  // The same pairs each time: the numbers are to be repeatable.
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * a.length);
  };
  let [clearPairs, same] = [0, 0];
  for (let i = 0; i < PAIRS; i++) {
    const [p, q] = [next(), next()];
    const step = a[p]! - a[q]!;
    if (Math.abs(step) < clear) continue;
    clearPairs++;
    if (step * (b[p]! - b[q]!) > 0) same++;
  }
  return clearPairs > 0 ? same / clearPairs : 1;
}
