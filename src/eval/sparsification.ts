import { requireLength, requireSome } from './checked.js';

/** Shares of pixels that are dropped, evenly from none to all but the last of so many parts. */
const PARTS = 50;

/** How well a confidence tells where the errors are. */
export interface SparsificationScores {
  /** Area under the sparsification error: 0 where the confidence orders pixels as their errors do. */
  readonly ause: number;
  /** The same of pixels that are dropped in random order, which does not change their mean error. */
  readonly auseRandom: number;
}

/**
 * Mean errors of the pixels that are left once shares of 0, 1/50, … 49/50 of them are dropped, the least confident
 * first, over the mean error of all. Pixels of one confidence count as of their mean error.
 * @throws UsageError SHAPE_MISMATCH where there is no pixel, or the lists differ in length
 */
export function sparsificationCurve(errors: Float64Array, confidence: Float64Array): Float64Array {
  requireSome('errors', errors);
  requireLength('confidence', confidence, errors.length);
  const order = Uint32Array.from(errors.keys()).sort((a, b) => (confidence[b] as number) - (confidence[a] as number));
  const sums = new Float64Array(errors.length + 1);
  for (let first = 0, next = 0; first < order.length; first = next) {
    const value = confidence[order[first] as number];
    let sum = 0;
    while (next < order.length && confidence[order[next] as number] === value) sum += errors[order[next++]!] as number;
    for (let i = first; i < next; i++) sums[i + 1] = (sums[i] as number) + sum / (next - first);
  }
  const all = (sums[errors.length] as number) / errors.length;
  return Float64Array.from({ length: PARTS }, (_, part) => {
    const left = Math.max(1, Math.round(errors.length * (1 - part / PARTS)));
    return all > 0 ? (sums[left] as number) / left / all : 1;
  });
}

/**
 * Areas between the sparsification curves of a confidence, and of a random order, and that of the errors themselves:
 * Ilg et al., arXiv 1802.07095.
 * @param errors not negative
 * @throws as `sparsificationCurve`
 * @example
 * ```ts
 * import { sparsification } from 'depthwise/eval';
 *
 * const { ause, auseRandom } = sparsification(errors, confidence);
 * ```
 */
export function sparsification(errors: Float64Array, confidence: Float64Array): SparsificationScores {
  const oracle = sparsificationCurve(
    errors,
    errors.map((error) => -error),
  );
  const found = sparsificationCurve(errors, confidence);
  const above = (curve: (part: number) => number) =>
    oracle.reduce((sum, best, part) => sum + (curve(part) - best), 0) / PARTS;
  return { ause: above((part) => found[part] as number), auseRandom: above(() => 1) };
}
