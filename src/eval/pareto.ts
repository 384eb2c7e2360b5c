import { requireLength, requireSome } from './checked.js';

/** Most steps of Frank-Wolfe, and the difference of slopes, over the squared length, at which it ends. */
const STEPS = 1000;
const GAP = 1e-10;

/**
 * Shares of several objectives, one for each data set, under which a step down the mixed gradient makes none of them
 * worse: those of the shortest vector in the convex hull of their gradients. arXiv 1810.04650, equation 3, as
 * arXiv 1907.01341, section 5 mixes data sets; two objectives in closed form, more by Frank-Wolfe that moves
 * shares from the worst objective to the best in exact steps.
 * @param gradients of each objective by the same parameters, all of one length
 * @returns shares from 0, which sum to 1
 * @example
 * ```ts
 * import { paretoShares } from 'depthwise/eval';
 *
 * const [first, second] = paretoShares([Float64Array.of(1, 0), Float64Array.of(0, 2)]); // 0.8, 0.2
 * ```
 * @throws UsageError SHAPE_MISMATCH where there is no gradient, or they differ in length
 */
export function paretoShares(gradients: readonly Float64Array[]): number[] {
  requireSome('gradients', gradients);
  for (const [i, each] of gradients.entries())
    requireLength(`gradient ${i}`, each, (gradients[0] as Float64Array).length);
  const products = gradients.map((a) => gradients.map((b) => dot(a, b)));
  const shares = gradients.map(() => 1 / gradients.length);
  if (gradients.length === 2) {
    const first = shareOfFirst(products[0]![0]!, products[0]![1]!, products[1]![1]!);
    return [first, 1 - first];
  }
  for (let step = 0; step < STEPS; step++) {
    // Half the derivatives of the squared length by the shares.
    const slopes = products.map((row) => dot(row, shares));
    const best = indexOfLeast(slopes);
    const worst = indexOfLeast(slopes.map((slope, i) => (shares[i]! > 0 ? -slope : Infinity)));
    const gap = slopes[worst]! - slopes[best]!;
    if (gap <= GAP * Math.max(dot(slopes, shares), Number.MIN_VALUE)) break;
    const apart = products[best]![best]! - 2 * products[best]![worst]! + products[worst]![worst]!;
    const moved = Math.min(shares[worst]!, gap / apart);
    shares[best]! += moved;
    shares[worst]! -= moved;
  }
  return shares;
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

/** Share of the first of two vectors in the shortest one between them, by their products. */
function shareOfFirst(first: number, both: number, second: number): number {
  const apart = first - 2 * both + second;
  return apart > 0 ? Math.min(1, Math.max(0, (second - both) / apart)) : 0.5;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
