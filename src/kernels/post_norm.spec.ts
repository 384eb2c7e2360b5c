import { layerNormLoops } from './layer_norm.spec.js';
import { postNorm, type PostNormAttrs } from './post_norm.js';
import { defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { eps }: PostNormAttrs): { y: Expected } {
  const [x, residual] = [need(inputs, 'x'), need(inputs, 'residual').data];
  const [T, C] = x.type.shape as [number, number];
  const rows = Array.from({ length: T }, (_, t) => x.data.subarray(t * C, (t + 1) * C));
  const { values, magnitude } = layerNormLoops(rows, need(inputs, 'gamma').data, need(inputs, 'beta').data, eps);
  return {
    y: {
      shape: [T, C],
      values: values.map((value, i) => value + (residual[i] as number)),
      magnitude: magnitude.map((value, i) => value + Math.abs(residual[i] as number)),
    },
  };
}

const shapes = (T: number, C: number) => ({ x: [T, C], gamma: [C], beta: [C], residual: [T, C] });

export const postNormSpec = defineSpec({
  op: postNorm,
  gate: 8,
  half: ['x'],
  halfAttrs: (attrs) => attrs,
  reference,
  cases: [
    { name: 'one row of one vector', inputs: shapes(1, 4), attrs: { eps: 1e-5 } },
    { name: 'prime rows, fewer vectors than invocations', inputs: shapes(7, 20), attrs: { eps: 1e-5 } },
    { name: 'more vectors than invocations', inputs: shapes(3, 384), attrs: { eps: 1e-5 }, fill: { x: 'outliers' } },
  ],
  perf: [{ name: 'Swin2-T 256, first stage', inputs: shapes(4096, 96), attrs: { eps: 1e-5 } }],
});
