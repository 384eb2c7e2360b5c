import { valuesAt, type Truth } from './disparity.js';
import { compareDepth } from './scores.js';
import { lineThrough } from './statistics.js';

/** An estimate of disparity [height,width] of one frame, up to the scale and shift of its clip, and the truth. */
export interface ClipFrame {
  readonly disparity: ArrayLike<number>;
  readonly truth: Truth;
}

/**
 * Quality of a clip under one scale and shift. Errors of disparity are in parts of the range of the clip's true ones.
 */
export interface VideoScores {
  /** Mean of |estimate - depth| / depth. */
  readonly absRel: number;
  /** Share of pixels whose depth is within a factor of 1.25 of the truth. */
  readonly delta: number;
  /** Mean error within a pixel of an edge of the true depth; undefined where there is none. */
  readonly edge?: number;
  /** Mean change from frame to frame where the truth stays; undefined where it stays nowhere. */
  readonly flicker?: number;
  /** Mean error of the change from frame to frame, where the truth changes little: temporal gradient matching. */
  readonly gradient?: number;
  /** Mean change, from frame to frame, of the line that lays the frame alone onto its truth. */
  readonly drift: number;
}

/** Depth beyond this many times the nearest of the clip is not measured. */
const FAR_RATIO = 50;
/** Ratio of the disparities of neighbours from which there is an edge between them. */
const EDGE = 1.1;
/** Change of the true disparity, in parts of its range, up to which it stays, and up to which it changes little. */
const STAYS = 1e-3;
const CHANGES_LITTLE = 0.05;

interface Line {
  readonly scale: number;
  readonly shift: number;
}

/** A sum and the count of what was added. */
class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get value(): number | undefined {
    return this.#count > 0 ? this.#sum / this.#count : undefined;
  }
}

/**
 * Scores of a clip of at least two frames of one width, in order. All frames share one alignment, the least-squares one
 * in disparity over every known pixel, so that what flickers and drifts is measured and not fitted away.
 * @param width of the maps, in pixels
 */
export function scoreVideo(frames: readonly ClipFrame[], width: number): VideoScores {
  const facts = factsOf(frames);
  const { line, range, nearest } = facts;
  const aligned = ({ disparity }: ClipFrame, i: number) => line.scale * (disparity[i] as number) + line.shift;
  const least = nearest / FAR_RATIO;
  const [absRel, delta, edge, flicker, gradient] = [new Mean(), new Mean(), new Mean(), new Mean(), new Mean()];
  for (const [t, frame] of frames.entries()) {
    const { disparity: truth, known } = frame.truth;
    const measured = known.filter((i) => (truth[i] as number) >= least);
    const depth = Float64Array.from(measured, (i) => 1 / Math.max(aligned(frame, i), least));
    // A frame may have nothing but what is far.
    if (measured.length > 0) {
      const compared = compareDepth(
        depth,
        valuesAt(truth, measured).map((d) => 1 / d),
      );
      absRel.add(compared.absRel);
      delta.add(compared.delta);
    }
    for (const i of edgesOf(truth, width)) edge.add(Math.abs(aligned(frame, i) - (truth[i] as number)) / range);
    const before = frames[t - 1];
    if (before)
      for (const i of known) {
        // NaN where the frame before does not know it.
        const change = ((truth[i] as number) - (before.truth.disparity[i] as number)) / range;
        const found = (aligned(frame, i) - aligned(before, i)) / range;
        if (Math.abs(change) <= STAYS) flicker.add(Math.abs(found));
        if (Math.abs(change) < CHANGES_LITTLE) gradient.add(Math.abs(found - change));
      }
  }
  const scores = { edge: edge.value, flicker: flicker.value, gradient: gradient.value };
  return {
    absRel: absRel.value as number,
    delta: delta.value as number,
    ...Object.fromEntries(Object.entries(scores).filter(([, value]) => value !== undefined)),
    drift: driftOf(frames, facts),
  };
}

/** What all known pixels of a clip say together. */
interface ClipFacts {
  readonly line: Line;
  /** Of the true disparity: largest less smallest, and largest. */
  readonly range: number;
  readonly nearest: number;
  /** Of the estimates, before they are aligned. */
  readonly mean: number;
  readonly deviation: number;
}

function factsOf(frames: readonly ClipFrame[]): ClipFacts {
  let [count, meanX, meanY, least, nearest] = [0, 0, 0, Infinity, -Infinity];
  each(frames, (x, y) => {
    count++;
    meanX += x;
    meanY += y;
    least = Math.min(least, y);
    nearest = Math.max(nearest, y);
  });
  meanX /= count;
  meanY /= count;
  let [variance, covariance] = [0, 0];
  each(frames, (x, y) => {
    variance += (x - meanX) ** 2;
    covariance += (x - meanX) * (y - meanY);
  });
  const scale = variance > 0 ? covariance / variance : 0;
  return {
    line: { scale, shift: meanY - scale * meanX },
    range: nearest - least,
    nearest,
    mean: meanX,
    deviation: Math.sqrt(variance / count),
  };
}

function each(frames: readonly ClipFrame[], visit: (found: number, truth: number) => void): void {
  for (const { disparity, truth } of frames)
    for (const i of truth.known) visit(disparity[i] as number, truth.disparity[i] as number);
}

/** Known pixels that differ from one of the eight around them by an edge. */
function edgesOf(truth: Float64Array, width: number): number[] {
  const found: number[] = [];
  const height = truth.length / width;
  for (let i = 0; i < truth.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    let [low, high] = [truth[i] as number, truth[i] as number];
    if (Number.isNaN(low)) continue;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const other = truth[v * width + u] as number;
        if (other < low) low = other;
        if (other > high) high = other;
      }
    if (high > EDGE * low) found.push(i);
  }
  return found;
}

/** Of the lines that lay each frame alone onto its truth, at a standard deviation to either side of the mean. */
function driftOf(frames: readonly ClipFrame[], { range, mean, deviation }: ClipFacts): number {
  const lines = frames.map(({ disparity, truth }) =>
    lineThrough(valuesAt(disparity, truth.known), valuesAt(truth.disparity, truth.known)),
  );
  const drift = new Mean();
  for (const [t, { scale, shift }] of lines.entries()) {
    const before = lines[t - 1];
    if (!before) continue;
    for (const x of [mean - deviation, mean + deviation])
      drift.add(Math.abs((scale - before.scale) * x + shift - before.shift) / range);
  }
  return drift.value as number;
}
