/**
 * Errors of depth maps, how well a confidence tells where they are, and the objectives that networks are trained with.
 * Plain functions of arrays: no GPU, no model.
 * @example
 * ```ts
 * import { score, truthOf } from 'depthwise/eval';
 *
 * const truth = truthOf([1, 2, 4, 8], { kind: 'depth' });
 * const { absRel, delta } = score([0.9, 0.5, 0.3, 0.1], truth);
 * ```
 * @packageDocumentation
 */
export { truthOf, type Truth, type TruthKind, type TruthReading } from './disparity.js';
export {
  alignLeastSquares,
  gradientMatching,
  normalizeRobust,
  ordinalLoss,
  ssiMae,
  ssiMse,
  ssiTrim,
  type Maps,
  type RankedPair,
} from './losses.js';
export { paretoShares } from './pareto.js';
export { score, scoreConfidence, type Scores } from './scores.js';
export { sparsification, sparsificationCurve, type SparsificationScores } from './sparsification.js';
