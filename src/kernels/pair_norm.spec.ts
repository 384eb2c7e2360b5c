import type { LayerNormAttrs } from './layer_norm.js';
import { layerNormLoops } from './layer_norm.spec.js';
import { pairNorm } from './pair_norm.js';
import { defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { eps }: LayerNormAttrs): { y: Expected } {
  const [first, second] = [need(inputs, 'first'), need(inputs, 'second')];
  const [T, C] = first.type.shape as [number, number];
  const rowOf = (data: Float64Array, t: number) => [...data.subarray(t * C, (t + 1) * C)];
  const rows = Array.from({ length: T }, (_, t) =>
    Float64Array.from([...rowOf(first.data, t), ...rowOf(second.data, t)]),
  );
  const y = layerNormLoops(rows, need(inputs, 'gamma').data, need(inputs, 'beta').data, eps);
  return { y: { ...y, shape: [T, 2 * C] } };
}

const shapes = (T: number, C: number) => ({ first: [T, C], second: [T, C], gamma: [2 * C], beta: [2 * C] });

export const pairNormSpec = defineSpec({
  op: pairNorm,
  gate: 8,
  half: ['second'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one vector of each', inputs: shapes(1, 4), attrs: { eps: 1e-5 } },
    {
      name: 'prime rows, another scale of each',
      inputs: shapes(7, 20),
      attrs: { eps: 1e-5 },
      fill: { first: (n) => 9 * n() },
    },
    { name: 'width of ViT-S', inputs: shapes(5, 384), attrs: { eps: 1e-5 } },
  ],
  perf: [{ name: 'Depth Anything 3 small 504', inputs: shapes(973, 384), attrs: { eps: 1e-5 } }],
});
