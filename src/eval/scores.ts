import { requireLength } from './checked.js';
import { valuesAt, type Truth } from './disparity.js';
import { ordinalError } from './ordinal.js';
import { sparsification, type SparsificationScores } from './sparsification.js';
import { ascending, correlation, lineThrough, mean, quantile, ranks } from './statistics.js';

/** Quality of one estimate. All but `spearman` and `delta` are errors. */
export interface Scores {
  /** Mean of |estimate - depth| / depth, after alignment. */
  readonly absRel: number;
  /** Root of the mean squared error of depth after alignment, in units of the mean depth. */
  readonly rmse: number;
  /** Share of pixels whose aligned depth is within a factor of 1.25 of the truth. */
  readonly delta: number;
  /** Scale-and-shift-invariant error in disparity, trimmed. */
  readonly ssi: number;
  /** Rank correlation of estimate and truth in disparity, -1 to 1. */
  readonly spearman: number;
  /** Share of pixel pairs at clearly different depths that are put in the wrong order. */
  readonly ordinal: number;
}

/** Quality of depth in metres, without any alignment. */
export interface MetricScores {
  /** Mean of |estimate - depth| / depth. */
  readonly metricAbsRel: number;
  /** Root of the mean squared error, in metres. */
  readonly metricRmse: number;
  /** Share of pixels within a factor of 1.25 of the truth. */
  readonly metricDelta: number;
}

/** Depth beyond this many times the nearest is not measured: disparity says next to nothing there. */
const FAR_RATIO = 50;
/** The nearest depth is where this share of pixels is farther, so that a stray pixel does not set it. */
const NEAREST = 0.995;
/** Share of the residuals, the smallest, that the trimmed error keeps, as arXiv 1907.01341 does. */
const KEPT = 0.8;

/**
 * Scores of an estimate of disparity up to scale and shift. Both are aligned over every known pixel by least squares in
 * disparity, and depths compared up to FAR_RATIO times the nearest, where the aligned disparity is floored too. The
 * truth must know at least two pixels of different disparity.
 * @param estimate as many values as the truth has, larger nearer
 * @throws UsageError SHAPE_MISMATCH
 * @example
 * ```ts
 * import { score, truthOf } from 'depthwise/eval';
 *
 * const { absRel, delta } = score(await depth.read(), truthOf(metres, { kind: 'depth' }));
 * ```
 */
export function score(estimate: ArrayLike<number>, known: Truth): Scores {
  const { truth, found, sortedTruth, depth, aligned } = compared(estimate, known);
  const sortedFound = ascending(found);
  const { absRel, rmse, delta } = compareDepth(aligned, depth);
  return {
    absRel,
    rmse: rmse / mean(depth),
    delta,
    ssi: trimmedError(standardized(found, sortedFound), standardized(truth, sortedTruth)),
    spearman: correlation(ranks(found, sortedFound), ranks(truth, sortedTruth)),
    ordinal: ordinalError(found, truth),
  };
}

/**
 * How well a confidence tells where the relative errors of depth are, which `score` has the mean of.
 * @example
 * ```ts
 * import { scoreConfidence, truthOf } from 'depthwise/eval';
 *
 * const sure = (await depth.confidence?.read()) ?? [];
 * const { ause } = scoreConfidence(sure, await depth.read(), truthOf(metres, { kind: 'depth' }));
 * ```
 * @throws UsageError SHAPE_MISMATCH
 */
export function scoreConfidence(
  confidence: ArrayLike<number>,
  estimate: ArrayLike<number>,
  truth: Truth,
): SparsificationScores {
  requireLength('confidence', confidence, truth.disparity.length);
  const { near, depth, aligned } = compared(estimate, truth);
  const errors = aligned.map((e, i) => Math.abs(e - (depth[i] as number)) / (depth[i] as number));
  return sparsification(errors, valuesAt(valuesAt(confidence, truth.known), near));
}

/** The known pixels, those among them whose depths are compared, and their depths. */
function compared(estimate: ArrayLike<number>, { disparity, known }: Truth) {
  requireLength('estimate', estimate, disparity.length);
  const truth = valuesAt(disparity, known);
  const found = valuesAt(estimate, known);
  const sortedTruth = ascending(truth);
  const { scale, shift } = lineThrough(found, truth);
  // Where next to all is sky, the nearest pixel of all.
  const floor = (quantile(sortedTruth, NEAREST) || (sortedTruth.at(-1) as number)) / FAR_RATIO;
  const near = new Uint32Array(truth.length).map((_, i) => i).filter((i) => (truth[i] as number) > floor);
  const depth = valuesAt(truth, near).map((d) => 1 / d);
  const aligned = valuesAt(found, near).map((d) => 1 / Math.max(scale * d + shift, floor));
  return { truth, found, sortedTruth, near, depth, aligned };
}

/** Scores of an estimate in metres where the truth is in metres too. */
export function scoreMetric(depth: ArrayLike<number>, { disparity, known }: Truth): MetricScores {
  const finite = known.filter((i) => (disparity[i] as number) > 0);
  const { absRel, rmse, delta } = compareDepth(
    valuesAt(depth, finite),
    valuesAt(disparity, finite).map((d) => 1 / d),
  );
  return { metricAbsRel: absRel, metricRmse: rmse, metricDelta: delta };
}

/** Errors of depths above 0 against true ones, as they are. */
export function compareDepth(
  estimate: Float64Array,
  truth: Float64Array,
): { absRel: number; rmse: number; delta: number } {
  let [relative, squares, within] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [e, z] = [estimate[i] as number, truth[i] as number];
    relative += Math.abs(e - z) / z;
    squares += (e - z) ** 2;
    if (Math.max(e / z, z / e) < 1.25) within++;
  }
  return { absRel: relative / truth.length, rmse: Math.sqrt(squares / truth.length), delta: within / truth.length };
}

/**
 * Mean of the smallest 80 % of |estimate - truth|, both standardized: the trimmed scale-and-shift-invariant loss of
 * arXiv 1907.01341, but for its constant factor.
 */
function trimmedError(estimate: Float64Array, truth: Float64Array): number {
  const residuals = ascending(estimate.map((value, i) => Math.abs(value - (truth[i] as number))));
  return mean(residuals.subarray(0, Math.max(1, Math.floor(KEPT * residuals.length))));
}

/** Values less their median, over their mean distance from it; a constant becomes 0. */
function standardized(values: Float64Array, sorted: Float64Array): Float64Array {
  const median = quantile(sorted, 0.5);
  const spread = mean(values.map((value) => Math.abs(value - median)));
  return values.map((value) => (spread > 0 ? (value - median) / spread : 0));
}
