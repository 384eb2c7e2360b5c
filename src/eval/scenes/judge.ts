import { truthOf, type Truth } from '../disparity.js';
import type { FailureCase } from './failures.js';
import type { Rendering } from './render.js';

/** What came of one check. */
export interface Answer {
  readonly what: string;
  readonly value: number;
  readonly threshold: number;
  readonly better: 'more' | 'less';
  readonly holds: boolean;
}

/**
 * `passed`: every check holds. `doubted`: not, but the model is unsure there. `failed`: not, and it is sure. Where the
 * picture leaves the answer open, `doubted` is as good as `passed`.
 */
export type Verdict = 'passed' | 'doubted' | 'failed';

/** What came of one question. */
export interface Judgement {
  readonly name: string;
  readonly verdict: Verdict;
  /** Whether the verdict is as good as can be asked for. */
  readonly good: boolean;
  readonly answers: readonly Answer[];
  /** Mean confidence where the question is about, and elsewhere; the latter is absent where it is about all. */
  readonly confidence: number;
  readonly elsewhere?: number;
}

/** Mean confidence up to which a model counts as unsure. */
export const UNSURE = 0.5;

/** True disparity of a rendering, 0 in the sky. */
export function truthOfRendering({ depth }: Rendering): Truth {
  return truthOf(
    depth.map((z) => 1 / z),
    { kind: 'inverse', zeroIsFar: true },
  );
}

/** Judges an estimate of a rendered case. @param disparity as the model has it; `confidence` from 0 to 1 */
export function judge(
  { name, region, open, checks }: FailureCase,
  rendering: Rendering,
  disparity: ArrayLike<number>,
  confidence: ArrayLike<number>,
): Judgement {
  const { labels } = rendering;
  const judged = { disparity: Float64Array.from(disparity), truth: truthOfRendering(rendering), labels };
  const answers = checks(rendering).map(({ what, threshold, better, measure }) => {
    const value = measure(judged);
    return { what, value, threshold, better, holds: better === 'more' ? value >= threshold : value <= threshold };
  });
  const inside = meanWhere(confidence, (i) => !region || region.includes(labels[i] as string));
  const holds = answers.every((answer) => answer.holds);
  const verdict = holds ? 'passed' : inside <= UNSURE ? 'doubted' : 'failed';
  const good = holds || (open === true && verdict === 'doubted');
  const rest = region && { elsewhere: meanWhere(confidence, (i) => !region.includes(labels[i] as string)) };
  return { name, verdict, good, answers, confidence: inside, ...rest };
}

function meanWhere(values: ArrayLike<number>, chosen: (index: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++)
    if (chosen(i)) {
      sum += values[i] as number;
      count++;
    }
  return sum / count;
}
