import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';
import { windowBlend } from './window_blend.js';

function reference(inputs: Tensors): { y: Expected } {
  const [depth, last, line] = ['depth', 'last', 'line'].map((name) => need(inputs, name)) as [
    ReturnType<typeof need>,
    ReturnType<typeof need>,
    ReturnType<typeof need>,
  ];
  const [scale, shift, part] = [...line.data] as [number, number, number];
  const y = blank(depth.type.shape);
  depth.data.forEach((value, i) => {
    const before = last.data[i] as number;
    y.values[i] = (1 - part) * before + part * Math.max(scale * value + shift, 0);
    y.magnitude[i] =
      Math.abs((1 - part) * before) + Math.abs(part) * (Math.abs(scale * value) + Math.abs(shift)) + Math.abs(before);
  });
  return { y };
}

/** Scale, shift and part of a case. */
const along = (...values: readonly number[]) => ({ line: (_: () => number, i: number) => values[i] ?? 0 });

export const windowBlendSpec = defineSpec({
  op: windowBlend,
  gate: 4,
  half: [],
  reference,
  cases: [
    {
      name: 'a third of a map that falls below 0 in parts',
      inputs: { depth: [7, 13], last: [7, 13], line: [4] },
      attrs: {},
      fill: along(1.5, -0.25, 1 / 3),
    },
    {
      name: 'the new map alone',
      inputs: { depth: [3, 5], last: [3, 5], line: [4] },
      attrs: {},
      fill: along(2, 0.5, 1),
    },
  ],
  perf: [
    {
      name: 'frames of 1280×720',
      inputs: { depth: [720, 1280], last: [720, 1280], line: [4] },
      attrs: {},
      fill: along(1.1, 0.1, 0.5),
    },
  ],
});
