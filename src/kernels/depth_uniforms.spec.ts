import type { TensorType } from '../tensor.js';
import { depthUniforms, type UniformsAttrs } from './depth_uniforms.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

function uniforms(inputs: Tensors, { kind, nearer }: UniformsAttrs): { uniforms: Expected } {
  const [min, max, low, high, nonFinite] = need(inputs, 'range').data as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const y = blank([8]);
  // Nearness goes from 0 to 1 between the far and the near end.
  const [far, near] = nearer === 'larger' ? [min, max] : [max, min];
  const flat = max <= min;
  const scale = flat ? 0 : 1 / (near - far);
  const offset = flat ? Number(nearer === 'smaller') : -far / (near - far);
  y.values.set([min, max, low, high, scale, offset, kind, nonFinite]);
  y.magnitude.set([0, 0, 0, 0, 2 * Math.abs(scale), 2 * Math.abs(offset), 0, 0]);
  return { uniforms: y };
}

const values =
  (...of: number[]): Fill =>
  (_, i) =>
    of[i] ?? 0;
const inputs = { range: [8] };

export const depthUniformsSpec = defineSpec<{ range: TensorType }, { uniforms: TensorType }, UniformsAttrs>({
  op: depthUniforms,
  gate: 4,
  half: [],
  reference: uniforms,
  cases: [
    {
      name: 'inverse depth',
      inputs,
      attrs: { kind: 0, nearer: 'larger' },
      fill: { range: values(-2, 6, -1.5, 3, 7, 90) },
    },
    { name: 'metres', inputs, attrs: { kind: 2, nearer: 'smaller' }, fill: { range: values(0.5, 80, 1, 40, 0, 90) } },
    { name: 'a flat map', inputs, attrs: { kind: 0, nearer: 'larger' }, fill: { range: values(3, 3, 3, 3) } },
    { name: 'flat relative depth', inputs, attrs: { kind: 1, nearer: 'smaller' }, fill: { range: values(3, 3, 3, 3) } },
  ],
  perf: [{ name: 'of any map', inputs, attrs: { kind: 0, nearer: 'larger' }, fill: { range: values(-2, 6) } }],
});
