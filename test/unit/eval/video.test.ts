import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { truthOf } from '../../../src/eval/disparity.js';
import { summarizeVideos, videoRows } from '../../../src/eval/report.js';
import { scoreVideo, type VideoScores } from '../../../src/eval/video_scores.js';

interface Case {
  readonly width: number;
  /** [frames][height · width] */
  readonly estimate: readonly number[][];
  /** -1 where it is not known, 0 where there is sky. */
  readonly disparity: readonly number[][];
  readonly scores: Required<VideoScores>;
}

const cases = JSON.parse(readFileSync(new URL('../../fixtures/eval/video.json', import.meta.url), 'utf8')) as Record<
  string,
  Case
>;

const inverse = { kind: 'inverse', zeroIsFar: true } as const;
const clipOf = (estimates: readonly ArrayLike<number>[], truths: readonly number[][]) =>
  estimates.map((disparity, t) => ({ disparity, truth: truthOf(truths[t]!, inverse) }));

describe('scores of a clip', () => {
  it.each(Object.entries(cases))('are those of another implementation: %s', (_name, { width, scores, ...of }) => {
    const found = scoreVideo(clipOf(of.estimate, of.disparity), width);
    expect(Object.keys(found).sort()).toEqual(Object.keys(scores).sort());
    for (const [key, value] of Object.entries(scores))
      expect(Math.abs(found[key as keyof VideoScores]! - value), key).toBeLessThan(1e-9);
  });

  it('are 0 for the truth in any scale and shift, and tell one frame in another', () => {
    const truths = [0, 1, 2, 3].map((t) => [1, 2, 3, 4, 5, 6 + t]);
    const exact = truths.map((truth) => truth.map((d) => 7 * d - 3));
    const none = scoreVideo(clipOf(exact, truths), 3);
    for (const key of ['absRel', 'edge', 'flicker', 'gradient', 'drift'] as const) expect(none[key]).toBeCloseTo(0, 12);
    expect(none.delta).toBe(1);
    const jumps = scoreVideo(
      clipOf(
        exact.map((map, t) => map.map((x) => (t === 2 ? 1.5 * x : x))),
        truths,
      ),
      3,
    );
    for (const key of ['absRel', 'edge', 'flicker', 'gradient', 'drift'] as const)
      expect(jumps[key], key).toBeGreaterThan(0.02);
  });

  it('leave out frames of which all is far, as a pan over the sky', () => {
    const truths = [
      [1, 2, 3, 4],
      [0.01, 0.02, 0, 0],
      [1, 2, 3, 4],
    ];
    const { absRel, delta } = scoreVideo(clipOf(truths, truths), 2);
    expect(absRel).toBeCloseTo(0, 12);
    expect(delta).toBe(1);
  });

  it('leave out what no pixel has: nothing stays where all moves, and there is no edge on a plane', () => {
    const truths = [0, 1].map((t) => [1, 1.01, 1.02, 1.03].map((d) => d + 0.01 * t));
    const scores = scoreVideo(clipOf(truths, truths), 2);
    expect(Object.keys(scores)).toEqual(['absRel', 'delta', 'drift']);
    const row = { picture: 'a', folder: '.', frames: 2, ...scores };
    const other = { ...row, picture: 'b', flicker: 0.5, absRel: 1 };
    const evaluation = summarizeVideos([row, other]);
    expect(evaluation.mean.flicker).toBe(0.5);
    expect(evaluation.mean.absRel).toBeCloseTo(0.5, 12);
    const rows = videoRows(evaluation);
    expect(rows[0]).toEqual(['', 'AbsRel', 'δ<1.25', 'flicker', 'drift']);
    expect(rows.map(([name]) => name)).toEqual(['', 'a', 'b', 'mean of 2']);
    expect(rows[1]![3]).toBe('');
  });
});
