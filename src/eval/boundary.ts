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

function f1At(depth: ArrayLike<number>, truth: DepthTruth, ratio: number): number {
  let [precision, recall] = [0, 0];
  for (const { dx, dy } of DIRECTIONS) {
    const { both, found, there } = countBoundaries(depth, truth, ratio, dx, dy);
    precision += both / Math.max(found, 1) / 4;
    recall += both / Math.max(there, 1) / 4;
  }
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}

function countBoundaries(
  depth: ArrayLike<number>,
  { width, height, depth: true_, known }: DepthTruth,
  ratio: number,
  dx: number,
  dy: number,
): { both: number; found: number; there: number } {
  const counts = { both: 0, found: 0, there: 0 };
  for (let y = Math.max(0, -dy); y < height - Math.max(0, dy); y++)
    for (let x = Math.max(0, -dx); x < width - Math.max(0, dx); x++) {
      const [i, j] = [y * width + x, (y + dy) * width + x + dx];
      if (!known[i] || !known[j]) continue;
      // Of inverse depths: the neighbour is nearer.
      const found = (depth[i] as number) / (depth[j] as number) > ratio;
      const there = (true_[i] as number) / (true_[j] as number) > ratio;
      if (found) counts.found++;
      if (there) counts.there++;
      if (found && there) counts.both++;
    }
  return counts;
}
