import { boundaryF1, pooledBoundaryF1 } from './boundary.js';
import type { DepthTruth } from './depth_truth.js';
import type { Protocol } from './protocols.js';
import { compareDepth } from './scores.js';
import { knownOf } from './statistics.js';

/** What published tables hold, after the alignment that the protocol states. */
export interface BenchmarkScores {
  /** Mean of |estimate - depth| / depth. */
  readonly absRel: number;
  /** Root of the mean squared error of depth, in the unit of the truth. */
  readonly rmse: number;
  /** Share of pixels within a factor of 1.25 of the truth. */
  readonly delta: number;
  /** F1 of depth boundaries, where the protocol asks for it. */
  readonly boundaryF1?: number;
}

/** Scale and shift that make an estimate of disparity one in 1 / the unit of the truth. */
export interface Alignment {
  readonly scale: number;
  readonly shift: number;
}

/** An estimate of disparity and its truth. */
export interface Frame {
  readonly disparity: ArrayLike<number>;
  readonly truth: DepthTruth;
}

/**
 * Marks as known what the protocol counts: depths between its ends, inside its crop.
 * @param mask 1 where the data set itself says that the depth is valid
 */
export function knownDepth(
  { width, height, depth }: Omit<DepthTruth, 'known'>,
  { minDepth, maxDepth, crop, maskAlone }: Protocol,
  mask?: ArrayLike<number>,
): DepthTruth {
  const { rows, columns } = crop?.({ width, height }) ?? { rows: [0, height], columns: [0, width] };
  const known = new Uint8Array(width * height);
  for (let y = Math.max(0, rows[0]); y < Math.min(height, rows[1]); y++)
    for (let x = Math.max(0, columns[0]); x < Math.min(width, columns[1]); x++) {
      const i = y * width + x;
      const z = depth[i] as number;
      const between = mask && maskAlone ? z > 0 && z < Infinity : z > minDepth && z < maxDepth;
      known[i] = between && (!mask || mask[i]) ? 1 : 0;
    }
  return { width, height, depth, known };
}

/**
 * The least-squares scale and shift of disparities, over the pixels of all frames that the protocol aligns.
 * @param frames one picture, or all of a clip
 */
export function alignDisparity(frames: readonly Frame[], protocol: Protocol): Alignment {
  const sums = { count: 0, found: 0, truth: 0 };
  eachAligned(frames, protocol, (found, truth) => {
    sums.count++;
    sums.found += found;
    sums.truth += truth;
  });
  const [meanFound, meanTruth] = [sums.found / sums.count, sums.truth / sums.count];
  let [variance, covariance] = [0, 0];
  eachAligned(frames, protocol, (found, truth) => {
    variance += (found - meanFound) ** 2;
    covariance += (found - meanFound) * (truth - meanTruth);
  });
  const scale = variance > 0 ? covariance / variance : 0;
  return { scale, shift: meanTruth - scale * meanFound };
}

/** Calls back with the estimated and the true disparity of every pixel that is aligned. */
function eachAligned(
  frames: readonly Frame[],
  protocol: Protocol,
  visit: (found: number, truth: number) => void,
): void {
  const { positiveOnly, perClip } = protocol;
  for (const { disparity, truth } of frames)
    eachAlignedPixel(truth, protocol, (i) => {
      const found = disparity[i] as number;
      if (!truth.known[i] || (positiveOnly && !(found > 0))) return;
      const z = truth.depth[i] as number;
      if (perClip) visit(Math.max(found, 1e-3), 1 / (z + 1e-8));
      else visit(found, 1 / z);
    });
}

/**
 * Every pixel; where the alignment looks at fewer columns, those that nearest resampling by the same factor for both
 * sides gives: the published code resizes the width alone.
 */
function eachAlignedPixel(
  { width, height }: DepthTruth,
  { alignColumns = Infinity }: Protocol,
  visit: (i: number) => void,
): void {
  const factor = Math.min(alignColumns / width, alignColumns / height);
  const columns = factor < 1 ? Math.floor(width * factor) : width;
  const step = factor < 1 ? 1 / factor : 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < columns; x++) visit(y * width + Math.min(Math.floor(x * step), width - 1));
}

/** Scores of one frame under an alignment. */
export function scoreFrame(
  { disparity, truth }: Frame,
  { scale, shift }: Alignment,
  protocol: Protocol,
): BenchmarkScores {
  const far = farthest(truth, protocol);
  const aligned = (least: number) => alignedDepth(disparity, { scale, shift }, protocol, least);
  const depth = aligned(protocol.floor === 'thousandth' ? 1e-3 : 1 / far);
  const scores = compareDepth(knownOf(depth, truth.known), knownOf(truth.depth, truth.known));
  if (!protocol.boundaries) return scores;
  // MoGe's boundaries may lie beyond the farthest known pixel.
  const pooled = protocol.boundaries === 'moge';
  return { ...scores, boundaryF1: pooled ? pooledBoundaryF1(aligned(1e-6), truth) : boundaryF1(depth, truth) };
}

/** @param least aligned disparity */
function alignedDepth(
  disparity: ArrayLike<number>,
  { scale, shift }: Alignment,
  { perClip, clipNear = 0, maxDepth }: Protocol,
  least: number,
): Float64Array {
  const depth = new Float64Array(disparity.length);
  for (let i = 0; i < depth.length; i++) {
    const value = disparity[i] as number;
    const inverted = 1 / Math.max(scale * (perClip ? Math.max(value, 1e-3) : value) + shift, least);
    depth[i] = Math.min(Math.max(inverted, clipNear), maxDepth);
  }
  return depth;
}

function farthest({ depth, known }: DepthTruth, { floor, maxDepth }: Protocol): number {
  if (floor !== 'truth') return maxDepth;
  return depth.reduce((most, z, i) => (known[i] && z > most ? z : most), 0);
}

/** Two points of a picture [row, column], of which the first is nearer. */
export interface OrderedPair {
  readonly nearer: readonly [number, number];
  readonly farther: readonly [number, number];
}

/** How many pairs an estimate of disparity [height,width] puts in the right order; equal values are not in order. */
export function pairsInOrder(disparity: ArrayLike<number>, width: number, pairs: readonly OrderedPair[]): number {
  const at = ([row, column]: readonly [number, number]) => disparity[row * width + column] as number;
  return pairs.filter(({ nearer, farther }) => at(nearer) > at(farther)).length;
}
