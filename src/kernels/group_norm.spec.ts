import { activationReference } from './activation.spec.js';
import { groupNorm, type GroupNormAttrs } from './group_norm.js';
import { blank, defineSpec, need, saturate, type Expected, type Fill, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

/** Magnitude as for layer norm: a large mean costs digits. */
function reference(inputs: Tensors, { groups, eps, act }: GroupNormAttrs, out: { y: TensorType }): { y: Expected } {
  const [x, gamma, beta] = [need(inputs, 'x'), need(inputs, 'gamma'), need(inputs, 'beta')];
  const [H, W, C] = x.type.shape as [number, number, number];
  const y = blank([H, W, C]);
  for (let g = 0; g < groups; g++) {
    const places: number[] = [];
    for (let i = 0; i < H * W * C; i++) if (Math.floor(((i % C) * groups) / C) === g) places.push(i);
    const mean = places.reduce((sum, i) => sum + x.data[i]!, 0) / places.length;
    const variance = places.reduce((sum, i) => sum + (x.data[i]! - mean) ** 2, 0) / places.length;
    const size = places.reduce((sum, i) => sum + Math.abs(x.data[i]!), 0) / places.length;
    const deviation = Math.sqrt(variance + eps);
    for (const i of places) {
      const [scale, shift] = [gamma.data[i % C]!, beta.data[i % C]!];
      const r = inputs.residual?.data[i] ?? 0;
      y.values[i] = saturate(activationReference(act, r + ((x.data[i]! - mean) / deviation) * scale + shift), out.y);
      y.magnitude[i] = Math.abs(r) + (Math.abs(scale) * (Math.abs(x.data[i]!) + size)) / deviation + Math.abs(shift);
    }
  }
  return { y };
}

const shapes = (H: number, W: number, C: number) => ({ x: [H, W, C], gamma: [C], beta: [C] });
const spread = (mean: number, deviation: number): Record<string, Fill> => ({
  x: (next) => mean + deviation * Math.sqrt(12) * (next() - 0.5),
});

export const groupNormSpec = defineSpec({
  op: groupNorm,
  gate: 8,
  half: ['x'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel of one group', inputs: shapes(1, 1, 4), attrs: { groups: 1, eps: 1e-5 } },
    { name: 'two groups share a vector', inputs: shapes(7, 5, 16), attrs: { groups: 8, eps: 1e-5, act: 'relu' } },
    { name: 'every channel is a group', inputs: shapes(3, 5, 12), attrs: { groups: 12, eps: 1e-5 }, half: false },
    { name: 'groups of three vectors', inputs: shapes(5, 9, 36), attrs: { groups: 3, eps: 1e-5 } },
    {
      name: 'two groups of six channels share three vectors',
      inputs: shapes(5, 7, 24),
      attrs: { groups: 4, eps: 1e-6 },
    },
    {
      name: 'six channels a group, more pixels than invocations',
      inputs: shapes(17, 19, 192),
      attrs: { groups: 32, eps: 1e-6 },
      half: false,
    },
    {
      name: 'residual and ReLU',
      inputs: { ...shapes(4, 7, 16), residual: [4, 7, 16] },
      attrs: { groups: 4, eps: 1e-5, act: 'relu' },
      half: ['x', 'residual'],
    },
    { name: 'more pixels than invocations', inputs: shapes(23, 29, 64), attrs: { groups: 32, eps: 1e-5 }, half: false },
    {
      name: 'low variance, eps 1e-5',
      inputs: shapes(8, 8, 32),
      attrs: { groups: 4, eps: 1e-5 },
      fill: spread(0, 1e-3),
      half: false,
    },
    {
      name: 'low variance, eps 1e-3',
      inputs: shapes(8, 8, 32),
      attrs: { groups: 4, eps: 1e-3 },
      fill: spread(0, 1e-2),
      half: false,
    },
    {
      name: 'mean a thousand deviations away',
      inputs: shapes(8, 8, 32),
      attrs: { groups: 4, eps: 1e-5 },
      fill: spread(1000, 1),
      half: false,
    },
  ],
  perf: [
    {
      name: 'Video Depth Anything small 252, first module',
      inputs: shapes(18, 18, 192),
      attrs: { groups: 32, eps: 1e-6 },
    },
    { name: 'DPT-Hybrid 384: stem', inputs: shapes(192, 192, 64), attrs: { groups: 32, eps: 1e-5, act: 'relu' } },
    {
      name: 'DPT-Hybrid 384: first stage',
      inputs: { ...shapes(96, 96, 256), residual: [96, 96, 256] },
      attrs: { groups: 32, eps: 1e-5, act: 'relu' },
    },
  ],
});
