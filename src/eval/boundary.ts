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
  const weights = RATIOS.reduce((sum, ratio) => sum + ratio, 0);
  return RATIOS.reduce((sum, ratio) => sum + (ratio / weights) * f1At(depth, truth, ratio), 0);
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
  const weights = STEPS.reduce((sum, step) => sum + step, 0);
  return STEPS.reduce((sum, step) => {
    const counts = DIRECTIONS.map(({ dx, dy }) => countBoundaries(depth, truth, 1 + step, dx, dy, 1));
    const total = (key: 'both' | 'found' | 'there') => counts.reduce((all, each) => all + each[key], 0);
    return (
      sum +
      (step / weights) * f1(total('both') / Math.max(total('found'), 1), total('both') / Math.max(total('there'), 1))
    );
  }, 0);
}

function f1At(depth: ArrayLike<number>, truth: DepthTruth, ratio: number): number {
  let [precision, recall] = [0, 0];
  for (const { dx, dy } of DIRECTIONS) {
    const { both, found, there } = countBoundaries(depth, truth, ratio, dx, dy, 0);
    precision += both / Math.max(found, 1) / 4;
    recall += both / Math.max(there, 1) / 4;
  }
  return f1(precision, recall);
}

function f1(precision: number, recall: number): number {
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}

/** @param border width of what no nearer pixel of a pair is in */
function countBoundaries(
  depth: ArrayLike<number>,
  { width, height, depth: true_, known }: DepthTruth,
  ratio: number,
  dx: number,
  dy: number,
  border: number,
): { both: number; found: number; there: number } {
  const counts = { both: 0, found: 0, there: 0 };
  const last = { x: width - Math.max(border, -dx), y: height - Math.max(border, -dy) };
  for (let y = Math.max(border, dy); y < last.y; y++)
    for (let x = Math.max(border, dx); x < last.x; x++) {
      const [i, j] = [(y - dy) * width + x - dx, y * width + x];
      if (!known[i] || !known[j]) continue;
      // Of inverse depths: j is nearer.
      const found = (depth[i] as number) / (depth[j] as number) > ratio;
      const there = (true_[i] as number) / (true_[j] as number) > ratio;
      if (found) counts.found++;
      if (there) counts.there++;
      if (found && there) counts.both++;
    }
  return counts;
}
