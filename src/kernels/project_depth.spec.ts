import type { TensorType } from '../tensor.js';
import { projectDepth, type ProjectAttrs } from './project_depth.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

/** f32 roundings of a quotient and a sum: some 16 units of the last place of z and of what it is the sum of. */
const GATE = 16;

function projected(inputs: Tensors, { kind }: ProjectAttrs): { projected: Expected } {
  const { type, data } = need(inputs, 'depth');
  const [low, high] = need(inputs, 'range').data as unknown as [number, number];
  const [span, farthest, a, b, far] = need(inputs, 'projection').data as unknown as number[] as [
    number,
    number,
    number,
    number,
    number,
  ];
  const y = blank(type.shape);
  data.forEach((value, i) => {
    if (!Number.isFinite(value)) return void (y.values[i] = far);
    const place = high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
    const scale = kind === 'relative' && low > 0 ? (span + farthest) * low : 1;
    const inverse = kind === 'relative-inverse' ? span * place + farthest : value > 0 ? scale / value : 1e9;
    y.values[i] = Math.min(Math.max(a * Math.min(inverse, 1e9) + b, 0), 1);
    y.magnitude[i] = 1 + Math.abs(b);
  });
  return { projected: y };
}

/** A camera with planes at 0.5 and 20, z 1 at the near one and 0 at the far one, or the other way round. */
const [near, far] = [0.5, 20];
const slope = 1 / (1 / near - 1 / far);
const values =
  (...of: number[]): Fill =>
  (_, i) =>
    of[i] ?? 0;
const reversed = values(1 / 2 - 1 / 10, 1 / 10, slope, -slope / far, 0);
const forward = values(1 / 2 - 1 / 10, 1 / 10, -slope, 1 + slope / far, 1);
const holes: Fill = (next, i) => (i % 7 === 3 ? [NaN, Infinity, -Infinity][i % 3]! : 6 * next() - 2);
const fill = { depth: holes, range: values(-2, 4), projection: reversed };
const inputs = (h: number, w: number) => ({ depth: [h, w], range: [8], projection: [8] });

export const projectDepthSpec = defineSpec<
  { depth: TensorType; range: TensorType; projection: TensorType },
  { projected: TensorType },
  ProjectAttrs
>({
  op: projectDepth,
  gate: GATE,
  half: [],
  texelFormat: () => 'r32float',
  reference: projected,
  cases: [
    { name: 'inverse depth, prime sides', inputs: inputs(37, 41), attrs: { kind: 'relative-inverse' }, fill },
    {
      name: 'inverse depth, z running forward, values past the range',
      inputs: inputs(1, 77),
      attrs: { kind: 'relative-inverse' },
      fill: { ...fill, range: values(-1, 2), projection: forward },
    },
    {
      name: 'a flat map',
      inputs: inputs(5, 7),
      attrs: { kind: 'relative-inverse' },
      fill: { ...fill, depth: () => 3, range: values(3, 3) },
    },
    { name: 'metres at and behind the camera', inputs: inputs(19, 23), attrs: { kind: 'metric' }, fill },
    {
      name: 'metres past both planes, z running forward',
      inputs: inputs(13, 11),
      attrs: { kind: 'metric' },
      fill: { ...fill, depth: (next) => 40 * next(), projection: forward },
    },
    {
      name: 'metres without a far plane',
      inputs: inputs(13, 11),
      attrs: { kind: 'metric' },
      fill: { ...fill, depth: (next) => 0.4 + 40 * next(), projection: values(2, 0, 0.5, 0, 0) },
    },
    {
      name: 'relative depth, its nearest at 2',
      inputs: inputs(9, 31),
      attrs: { kind: 'relative' },
      fill: { ...fill, depth: (next) => 3 + 30 * next(), range: values(3, 33) },
    },
    {
      name: 'relative depth without a scale',
      inputs: inputs(9, 31),
      attrs: { kind: 'relative' },
      fill: { ...fill, projection: forward },
    },
  ],
  perf: [
    {
      name: 'a 1920×1080 depth buffer',
      inputs: inputs(1080, 1920),
      attrs: { kind: 'relative-inverse' },
      fill: { ...fill, depth: 'positive' },
    },
  ],
});
