import { UsageError } from '../errors.js';
import { requireLength, requireSome } from './checked.js';
import { ascending, knownOf, lineThrough, mean } from './statistics.js';

/** Maps of one picture, [height,width] row-major. */
export interface Maps {
  readonly width: number;
  readonly height: number;
  /** Disparity of the network, up to scale and shift. */
  readonly prediction: Float64Array;
  /** True disparity. */
  readonly truth: Float64Array;
  /** 1 where the truth is known. */
  readonly known: Uint8Array;
}

/** Share of the residuals that the trimmed loss keeps. */
export const TRIMMED = 0.8;
/** Levels of gradient matching, each of half the size of the one before. */
export const LEVELS = 4;

/**
 * A prediction with the least-squares scale and shift to the truth. arXiv 1907.01341, equation 4.
 * @returns [height,width]; NaN where the truth is not known
 * @throws UsageError SHAPE_MISMATCH, as all losses of maps, where a map is of another size, or no pixel is known
 */
export function alignLeastSquares(maps: Maps): Float64Array {
  const { prediction, truth, known } = checked(maps);
  const { scale, shift } = lineThrough(knownOf(prediction, known), knownOf(truth, known));
  return prediction.map((value, i) => (known[i] ? scale * value + shift : NaN));
}

/**
 * A map less its median, over its mean distance from it. arXiv 1907.01341, equations 5 and 6. The median of an even
 * count is the lower of the middle two, as PyTorch has it. A constant becomes 0.
 * @returns [height,width]; NaN where the truth is not known
 * @throws UsageError SHAPE_MISMATCH where no pixel is known, or the lists differ in length
 */
export function normalizeRobust(values: Float64Array, known: Uint8Array): Float64Array {
  requireLength('known', known, values.length);
  const sorted = ascending(knownOf(values, known));
  requireSome('known pixels', sorted);
  const median = sorted[(sorted.length - 1) >> 1] as number;
  const spread = mean(sorted.map((value) => Math.abs(value - median))) || 1;
  return values.map((value, i) => (known[i] ? (value - median) / spread : NaN));
}

/**
 * Scale-and-shift-invariant squared error: half the mean square of the residual after least squares. arXiv 1907.01341,
 * equations 3 and 4.
 * @example
 * ```ts
 * import { ssiMse } from 'depthwise/eval';
 *
 * const loss = ssiMse(maps);
 * ```
 */
export function ssiMse(maps: Maps): number {
  return mean(residuals(maps, alignLeastSquares(maps), maps.truth).map((r) => r * r)) / 2;
}

/**
 * Scale-and-shift-invariant absolute error: half the mean residual of robustly normalised maps. Equations 5 to 7.
 * @example
 * ```ts
 * import { ssiMae } from 'depthwise/eval';
 *
 * const loss = ssiMae(maps);
 * ```
 */
export function ssiMae(maps: Maps): number {
  return mean(robustResiduals(maps).map(Math.abs)) / 2;
}

/**
 * The same without the largest fifth of the residuals, over twice the count of all of them. Equation 8: the loss that
 * MiDaS is trained with.
 * @param kept share of the residuals, the smallest, that count
 * @example
 * ```ts
 * import { ssiTrim } from 'depthwise/eval';
 *
 * const loss = ssiTrim(maps);
 * ```
 */
export function ssiTrim(maps: Maps, kept = TRIMMED): number {
  const sizes = ascending(robustResiduals(maps).map(Math.abs));
  const few = sizes.subarray(0, Math.floor(kept * sizes.length));
  return few.reduce((sum, size) => sum + size, 0) / (2 * sizes.length);
}

/**
 * Multi-scale gradient matching: sum over levels of the mean size of the horizontal and vertical differences of the
 * residual of robustly normalised maps. Each level takes every second row and column of the one before; a difference
 * counts where both pixels are known, and each level is divided by its count of known pixels. Equation 11.
 * @example
 * ```ts
 * import { gradientMatching, ssiTrim } from 'depthwise/eval';
 *
 * const loss = ssiTrim(maps) + 0.5 * gradientMatching(maps); // what MiDaS is trained with
 * ```
 */
export function gradientMatching(maps: Maps, levels = LEVELS): number {
  const { prediction, truth, known } = checked(maps);
  const found = normalizeRobust(prediction, known);
  const wanted = normalizeRobust(truth, known);
  const residual = found.map((value, i) => value - (wanted[i] as number));
  let sum = 0;
  for (let level = 0; level < levels; level++) sum += gradientsAt(residual, maps, 1 << level);
  return sum;
}

function gradientsAt(residual: Float64Array, { width, height, known }: Maps, step: number): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y += step)
    for (let x = 0; x < width; x += step) {
      const i = y * width + x;
      if (!known[i]) continue;
      count++;
      const [right, below] = [i + step, i + step * width];
      if (x + step < width && known[right]) sum += Math.abs((residual[right] as number) - (residual[i] as number));
      if (y + step < height && known[below]) sum += Math.abs((residual[below] as number) - (residual[i] as number));
    }
  return count > 0 ? sum / count : 0;
}

/** Two pixels by index, and which is nearer: 1 the first, -1 the second, 0 neither. */
export interface RankedPair {
  readonly first: number;
  readonly second: number;
  readonly order: -1 | 0 | 1;
}

/**
 * Ranking loss over pairs of pixels: log(1 + exp(-order * difference)) for ordered pairs, the squared difference for
 * the others; the mean. arXiv 1604.03901, equation 2, in disparity, where larger is nearer.
 * @example
 * ```ts
 * import { ordinalLoss } from 'depthwise/eval';
 *
 * const loss = ordinalLoss(tensor, [{ first: 0, second: 9, order: 1 }]);
 * ```
 * @throws UsageError SHAPE_MISMATCH where there is no pair, or one is not of the map
 */
export function ordinalLoss(prediction: ArrayLike<number>, pairs: readonly RankedPair[]): number {
  requireSome('pairs', pairs);
  for (const { first, second } of pairs)
    if (!(first in prediction && second in prediction))
      throw new UsageError('SHAPE_MISMATCH', `A pair names ${first} and ${second} of ${prediction.length} pixels.`);
  const losses = pairs.map(({ first, second, order }) => {
    const difference = (prediction[first] as number) - (prediction[second] as number);
    return order === 0 ? difference * difference : softplus(-order * difference);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / pairs.length;
}

/** log(1 + exp(x)) that does not overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** @throws UsageError SHAPE_MISMATCH */
function checked(maps: Maps): Maps {
  for (const name of ['prediction', 'truth', 'known'] as const)
    requireLength(name, maps[name], maps.width * maps.height);
  if (!maps.known.includes(1)) requireSome('known pixels', []);
  return maps;
}

function robustResiduals(maps: Maps): Float64Array {
  const { prediction, truth, known } = checked(maps);
  return residuals(maps, normalizeRobust(prediction, known), normalizeRobust(truth, known));
}

function residuals({ known }: Maps, found: Float64Array, wanted: Float64Array): Float64Array {
  return knownOf(
    found.map((value, i) => value - (wanted[i] as number)),
    known,
  );
}
