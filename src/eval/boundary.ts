import type { DepthTruth } from './depth_truth.js';

/** Ratios of neighbours that make a boundary, weighted by themselves. arXiv 2410.02073, section 4. */
const RATIOS = Array.from({ length: 10 }, (_, i) => 1.05 + (0.2 * i) / 9);
/** Where the nearer pixel of a pair lies, by its place and that of its neighbour. */
const DIRECTIONS = [
  { dx: 1, dy: 0 },
  { dx: -1, dy: 0 },
  { dx: 0, dy: 1 },
  { dx: 0, dy: -1 },
] as const;

/**
 * Scale-invariant F1 of depth boundaries: pairs of neighbours whose depths are more than a ratio apart, in the estimate
 * and in the truth, with the mean over the four directions of precision and of recall. Pairs count where the truth
 * knows both pixels; on a truth known everywhere it is Depth Pro's.
 * @param depth of the estimate [height,width], above 0
 * @returns from 0 to 1, 1 best
 * @example
 * ```ts
 * const f1 = boundaryF1(estimate, truth);
 * ```
 */
export function boundaryF1(depth: ArrayLike<number>, truth: DepthTruth): number {
  const counted = DIRECTIONS.map(({ dx, dy }) => countBoundaries(depth, truth, RATIOS, dx, dy, 0));
  const weights = RATIOS.reduce((sum, ratio) => sum + ratio, 0);
  return RATIOS.reduce((sum, ratio, k) => {
    const share = (of: 'found' | 'there') =>
      counted.reduce((all, each) => all + each.both[k]! / Math.max(each[of][k]!, 1) / DIRECTIONS.length, 0);
    return sum + (ratio / weights) * f1(share('found'), share('there'));
  }, 0);
}

/** How much farther than a pixel its neighbours are that make a boundary, weighted by it. moge/test/metrics.py. */
const STEPS = Array.from({ length: 10 }, (_, i) => 0.05 + (0.2 * i) / 9);

/**
 * The F1 of depth boundaries that the evaluation of MoGe has, `boundary_f1` with a radius of 1: pairs of all four
 * directions are counted together, none from a pixel at the border of the picture, and higher ratios weigh much more.
 * @param depth of the estimate [height,width], above 0
 * @returns from 0 to 1, 1 best
 */
export function pooledBoundaryF1(depth: ArrayLike<number>, truth: DepthTruth): number {
  const ratios = STEPS.map((step) => 1 + step);
  const counted = DIRECTIONS.map(({ dx, dy }) => countBoundaries(depth, truth, ratios, dx, dy, 1));
  const weights = STEPS.reduce((sum, step) => sum + step, 0);
  return STEPS.reduce((sum, step, k) => {
    const total = (key: keyof Counts) => counted.reduce((all, each) => all + each[key][k]!, 0);
    const both = total('both');
    return sum + (step / weights) * f1(both / Math.max(total('found'), 1), both / Math.max(total('there'), 1));
  }, 0);
}

function f1(precision: number, recall: number): number {
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}

/** Boundaries by each ratio: in the estimate, in the truth, in both. */
interface Counts {
  readonly both: Uint32Array;
  readonly found: Uint32Array;
  readonly there: Uint32Array;
}

/**
 * @param ratios ascending, all counted in one pass
 * @param border width of what no nearer pixel of a pair is in
 */
function countBoundaries(
  depth: ArrayLike<number>,
  { width, height, depth: true_, known }: DepthTruth,
  ratios: readonly number[],
  dx: number,
  dy: number,
  border: number,
): Counts {
  const counts = {
    both: new Uint32Array(ratios.length),
    found: new Uint32Array(ratios.length),
    there: new Uint32Array(ratios.length),
  };
  const least = ratios[0] as number;
  const last = { x: width - Math.max(border, -dx), y: height - Math.max(border, -dy) };
  for (let y = Math.max(border, dy); y < last.y; y++)
    for (let x = Math.max(border, dx); x < last.x; x++) {
      const i = (y - dy) * width + x - dx;
      const j = y * width + x;
      if (!known[i] || !known[j]) continue;
      // Of inverse depths: j is nearer.
      const found = (depth[i] as number) / (depth[j] as number);
      const there = (true_[i] as number) / (true_[j] as number);
      if (!(found > least || there > least)) continue;
      for (const [k, ratio] of ratios.entries()) {
        if (found > ratio) counts.found[k]!++;
        if (there > ratio) counts.there[k]!++;
        if (found > ratio && there > ratio) counts.both[k]!++;
      }
    }
  return counts;
}
