import type { Truth } from '../disparity.js';
import { ascending, correlation, lineThrough, mean, quantile, ranks } from '../statistics.js';

/** An estimate of a rendered picture, and what is known of the picture. */
export interface Judged {
  /** Estimated disparity, as the model has it. */
  readonly disparity: Float64Array;
  readonly truth: Truth;
  readonly labels: readonly string[];
}

/** A number that says how well a question was answered. */
export interface Check {
  /** What the number is. */
  readonly what: string;
  readonly threshold: number;
  /** Whether the number has to be at least the threshold, or at most. */
  readonly better: 'more' | 'less';
  readonly measure: (judged: Judged) => number;
}

const places = (labels: readonly string[], label: string): number[] =>
  labels.flatMap((each, i) => (each === label ? [i] : []));
const valuesOf = (values: Float64Array, indices: readonly number[]) => Float64Array.from(indices, (i) => values[i]!);
const median = (values: Float64Array) => quantile(ascending(values), 0.5);
/** Of a map, without a hundredth at both ends. */
function extent(values: Float64Array): number {
  const sorted = ascending(values);
  return quantile(sorted, 0.99) - quantile(sorted, 0.01);
}

/** The chance that a pixel of one label is seen nearer than one of the next: the least of all neighbours in a list. */
export function inOrder(...nearToFar: readonly string[]): Check {
  return {
    what: `chance that a pixel of ${nearToFar.join(' is nearer than one of ')}, the least`,
    threshold: 0.9,
    better: 'more',
    measure: ({ disparity, labels }) => {
      const groups = nearToFar.map((label) => valuesOf(disparity, places(labels, label)));
      return Math.min(...groups.slice(1).map((far, i) => chanceAbove(groups[i] as Float64Array, far)));
    },
  };
}

/** Mann and Whitney's statistic over all pairs: equal values count half. */
function chanceAbove(a: Float64Array, b: Float64Array): number {
  const both = Float64Array.from([...a, ...b]);
  const sum = ranks(both, ascending(both))
    .subarray(0, a.length)
    .reduce((total, rank) => total + rank, 0);
  return (sum - (a.length * (a.length - 1)) / 2) / (a.length * b.length);
}

/** Rank correlation with the truth over the picture. */
export const ranked: Check = {
  what: 'rank correlation with the truth',
  threshold: 0.8,
  better: 'more',
  measure: ({ disparity, truth: { disparity: truth } }) =>
    correlation(ranks(disparity, ascending(disparity)), ranks(truth, ascending(truth))),
};

/** Mean relative error of the disparity of some pixels, laid onto the truth by all others. */
export function errorIn(label: string): Check {
  return {
    what: `mean relative error of the ${label}, by the alignment of all else`,
    threshold: 0.15,
    better: 'less',
    measure: ({ disparity, truth, labels }) => {
      const [inside, outside] = [places(labels, label), labels.flatMap((each, i) => (each === label ? [] : [i]))];
      const { scale, shift } = lineThrough(valuesOf(disparity, outside), valuesOf(truth.disparity, outside));
      const off = inside.map((i) => {
        const z = truth.disparity[i] as number;
        return Math.abs(scale * (disparity[i] as number) + shift - z) / z;
      });
      return off.reduce((sum, each) => sum + each, 0) / off.length;
    },
  };
}

/** How far a plane is from one: the deviation from what is linear in the picture, over the range of the map. */
export function planar(label: string): Check {
  return {
    what: `standard deviation of the ${label} from a plane, over the range of the map`,
    threshold: 0.05,
    better: 'less',
    measure: ({ disparity, truth, labels }) => {
      const at = places(labels, label);
      const [found, plane] = [valuesOf(disparity, at), valuesOf(truth.disparity, at)];
      const flat = extent(plane) < 1e-9;
      const { scale, shift } = flat ? { scale: 0, shift: mean(found) } : lineThrough(plane, found);
      return Math.sqrt(mean(found.map((d, i) => (d - scale * plane[i]! - shift) ** 2))) / extent(disparity);
    },
  };
}

/** How far apart two things are seen that are as far, over the range of the map. */
export function asFar(a: string, b: string): Check {
  return {
    what: `distance of the medians of ${a} and ${b}, over the range of the map`,
    threshold: 0.05,
    better: 'less',
    measure: ({ disparity, labels }) =>
      Math.abs(median(valuesOf(disparity, places(labels, a))) - median(valuesOf(disparity, places(labels, b)))) /
      extent(disparity),
  };
}

/** How much nearer than what is beside it a thing is seen, over how much nearer it is: 1 is right, 0 is not seen. */
export function standsOut(label: string, width: number): Check {
  return {
    what: `how far the ${label} stands out from what is beside it, over how far it does`,
    threshold: 0.5,
    better: 'more',
    measure: ({ disparity, truth, labels }) => {
      const { scale, shift } = lineThrough(disparity, truth.disparity);
      let [found, there] = [0, 0];
      for (const i of places(labels, label)) {
        const row = Math.floor(i / width) * width;
        for (const direction of [-1, 1]) {
          let j = i;
          while (labels[j] === label) j += direction;
          const beside = j + 3 * direction;
          if (beside < row || beside >= row + width) continue;
          found += scale * disparity[i]! + shift - (scale * disparity[beside]! + shift);
          there += truth.disparity[i]! - truth.disparity[beside]!;
        }
      }
      return found / there;
    },
  };
}
