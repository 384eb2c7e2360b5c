import { defineSpec, type Fill } from './spec.js';
import { blends, FIT_GATE, fits, lumas, motions } from './steady_reference.spec.js';
import { steadyBlend, steadyFit, steadyLuma, steadyMotion } from './steady.js';

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
/** Steps of Gauss and Newton pass errors on. */
const MOTION_GATE = 256;

export const steadyLumaSpec = defineSpec({
  op: steadyLuma,
  gate: 8,
  half: [],
  reference: lumas,
  cases: [
    { name: 'one pixel', inputs: { picture: [1, 1, 4] }, attrs: IMAGENET },
    { name: 'odd sides', inputs: { picture: [13, 31, 4] }, attrs: IMAGENET },
    { name: 'a 1×1 and more than a workgroup', inputs: { picture: [38, 50, 4] }, attrs: IMAGENET },
  ],
  perf: [{ name: 'Depth Anything 518', inputs: { picture: [518, 686, 4] }, attrs: IMAGENET }],
});

const shapes = (H: number, W: number) => {
  const [map, light] = [
    [H, W],
    [Math.ceil(H / 2), Math.ceil(W / 2)],
  ] as const;
  return { depth: map, luma: light, last: map, last_luma: light };
};
/** A number in [0,1) of a place: the same for several inputs. */
const noise = (i: number) => Math.abs((Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1);
const wave = (i: number) => 2 + Math.sin(i / 7) + 0.5 * noise(i);
/** Last map and new one: 1.25 x + 0.5, with a little noise and an outlier in eleven. */
const near: Fill = (next, i) => (i % 11 === 4 ? 40 * next() : (wave(i) - 0.5) / 1.25 + 0.02 * next());
const scene: Fill = (_, i) => 0.5 + 0.4 * noise(i);
const steps = (count: number, low = 0.2, high = 3.9) =>
  ((_, i) => [low, high, low, high, 0, 1, 0, 0, count, 1, 0, 0.1][i] ?? 0) satisfies Fill;
/** A camera that stands before a scene of which a part moves, and one that turns and comes nearer. */
const stands = (share: number) => ((_, i) => (i === 10 ? share : i === 6 || i === 8 ? 0.27 : 0)) satisfies Fill;
const FLIES = [0.012, -0.02, 0.015, 0.02, -0.01, 0.05, 0.3, -0.05, 0.3, -0.05, 0.6, 1] as const;
const flies: Fill = (_, i) => FLIES[i] as number;
const stream = {
  depth: near,
  last: (_: unknown, i: number) => wave(i),
  luma: scene,
  last_luma: scene,
  motion: stands(0),
};
/** Waves over lumas of a width, moved by pixels. */
const waves =
  (width: number, right = 0, down = 0, wider = 1): Fill =>
  (_, i) => {
    const [x, y] = [((i % width) - width / 2) * wider + right, (Math.floor(i / width) - width / 3) * wider + down];
    return 0.5 + 0.2 * Math.sin(x / 2.5 + y / 5) + 0.15 * Math.cos(y / 3 - x / 7);
  };
const moved =
  (share: number, by: number): Fill =>
  (next, i) =>
    0.5 + 0.4 * noise(i) + (next() < share ? by : 0.001);
/** Lumas [16,23] of a map [31,45]: the left part of the columns got lighter. */
const movedPart =
  (part: number): Fill =>
  (_, i) =>
    0.5 + 0.4 * noise(i) + (i % 23 < part * 23 ? 0.1 : 0.001);
const fitCase = (name: string, [H, W]: [number, number], fill: Record<string, Fill> = {}, aligned = true) => ({
  name,
  attrs: { aligned },
  inputs: { ...shapes(H, W), last_fit: [80], motion: [12] },
  fill: { ...stream, last_fit: steps(3), ...fill },
});

const motionCase = (name: string, [H, W]: [number, number], fill: Record<string, Fill> = {}, inverse = true) => {
  const { depth, luma, last_luma } = shapes(H, W);
  return {
    name,
    attrs: { inverse },
    inputs: { depth, luma, last_luma, last_fit: [80] },
    fill: {
      depth: (_: unknown, i: number) => wave(i),
      luma: waves(Math.ceil(W / 2)),
      last_luma: waves(Math.ceil(W / 2), 0.7, 0.4),
      last_fit: steps(3),
      ...fill,
    },
  };
};

export const steadyMotionSpec = defineSpec({
  op: steadyMotion,
  gate: MOTION_GATE,
  half: [],
  reference: motions,
  cases: [
    motionCase('a camera that turns', [31, 45]),
    motionCase('a camera that comes nearer, larger than the samples', [97, 130], { last_luma: waves(65, 0, 0, 0.98) }),
    motionCase('a picture that is upright', [45, 31], { last_fit: steps(3, 0.02, 3) }),
    motionCase('few regions move', [31, 45], {
      luma: scene,
      last_luma: (_, i) => 0.5 + 0.4 * noise(i) + (i % 23 < 2 && i < 8 * 23 ? 0.1 : 0.001),
    }),
    motionCase('a third of the regions move', [31, 45], { luma: scene, last_luma: movedPart(0.34) }),
    motionCase('the first', [31, 45], { last_fit: steps(0) }),
    motionCase('the first of all', [31, 45], { last_fit: () => 0 }),
    motionCase('flat maps', [9, 8], { last_fit: steps(2, 1, 1) }),
    motionCase('values that are not finite', [31, 45], { depth: (_, i) => (i % 7 === 3 ? NaN : wave(i)) }),
    motionCase('none of inverse depth', [31, 45], {}, false),
  ],
  perf: [motionCase('Depth Anything 518', [518, 686])],
});

export const steadyFitSpec = defineSpec({
  op: steadyFit,
  gate: FIT_GATE,
  half: [],
  reference: fits,
  cases: [
    fitCase('an eleventh are outliers', [31, 45]),
    fitCase('larger than the samples', [97, 130], { luma: moved(0.05, 0.1) }),
    fitCase('the first', [31, 45], { last_fit: () => 0 }),
    fitCase('a third of the regions move', [31, 45], { luma: movedPart(0.34), motion: stands(0.375) }),
    fitCase('a camera that moves', [31, 45], { luma: waves(23), last_luma: waves(23), motion: flies }),
    fitCase('a camera that moves, larger than the samples', [97, 130], {
      depth: (_, i) => wave(i) / 1.25 + 0.2 * noise(i),
      luma: waves(65),
      last_luma: waves(65),
      motion: flies,
    }),
    fitCase('most move, a little', [31, 45], { luma: moved(0.97, 0.06) }),
    fitCase('a cut: two thirds are lighter', [31, 45], { luma: moved(0.66, 0.3) }),
    fitCase('a cut: other contents', [31, 45], { luma: (next) => 0.5 + 0.3 * next() }),
    fitCase('a scene of one depth, with a frame', [31, 45], {
      depth: (_, i) => (i % 29 === 0 ? 3 + noise(i) : 1),
      last: (_, i) => (i % 29 === 0 ? 5 * noise(i) : 1.5),
    }),
    fitCase('flat maps', [9, 8], { depth: () => 2, last: () => 3 }),
    fitCase('values that are not finite', [31, 45], {
      depth: (next, i) => (i % 7 === 3 ? NaN : (near as (n: () => number, i: number) => number)(next, i)),
      last: (_, i) => (i % 13 === 5 ? Infinity : wave(i)),
    }),
    fitCase('no finite value', [5, 6], { depth: () => NaN }),
    fitCase('metres', [31, 45], {}, false),
  ],
  perf: [fitCase('Depth Anything 518', [518, 686])],
});

const blendCase = (name: string, fill: Record<string, Fill> = {}) => ({
  name,
  attrs: {},
  inputs: { ...shapes(13, 27), fit: [80], motion: [12] },
  fill: {
    ...stream,
    luma: (next: () => number, i: number) => 0.5 + 0.4 * noise(i) + 0.2 * next(),
    fit: steps(4),
    ...fill,
  },
});

export const steadyBlendSpec = defineSpec({
  op: steadyBlend,
  gate: 32,
  half: [],
  reference: blends,
  cases: [
    blendCase('all changes of luma'),
    blendCase('a line, and regions', {
      fit: (_, i) => [0, 4, 0, 4, 0, 1, 0, 0, 9, 1.5, -0.7, 0.25, 0, 0, 0, 0][i] ?? noise(i),
    }),
    blendCase('the first', { fit: steps(1) }),
    blendCase('a camera that moves', { luma: waves(14), last_luma: waves(14), motion: flies }),
    blendCase('a camera that moves fast, and back', {
      luma: waves(14),
      last_luma: waves(14),
      motion: (_, i) => (i < 6 ? -6 : 1) * (FLIES[i] as number),
    }),
    blendCase('values that are not finite', {
      last: (next, i) => (i % 5 === 3 ? -Infinity : next()),
    }),
  ],
  perf: [{ ...blendCase('Depth Anything 518'), inputs: { ...shapes(518, 686), fit: [80], motion: [12] } }],
});
