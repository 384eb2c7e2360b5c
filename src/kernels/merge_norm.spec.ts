import type { LayerNormAttrs } from './layer_norm.js';
import { layerNormLoops } from './layer_norm.spec.js';
import { mergeNorm } from './merge_norm.js';
import { defineSpec, need, type Expected, type Tensors } from './spec.js';

/** As microsoft/Swin-Transformer's PatchMerging joins x[0::2,0::2], x[1::2,0::2], x[0::2,1::2] and x[1::2,1::2]. */
function reference(inputs: Tensors, { eps }: LayerNormAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const [H, W, C] = x.type.shape as [number, number, number];
  const pixel = (row: number, column: number) => [
    ...x.data.subarray((row * W + column) * C, (row * W + column + 1) * C),
  ];
  const rows: Float64Array[] = [];
  for (let row = 0; row < H; row += 2) {
    for (let column = 0; column < W; column += 2) {
      const left = [...pixel(row, column), ...pixel(row + 1, column)];
      const right = [...pixel(row, column + 1), ...pixel(row + 1, column + 1)];
      rows.push(Float64Array.from([...left, ...right]));
    }
  }
  const y = layerNormLoops(rows, need(inputs, 'gamma').data, need(inputs, 'beta').data, eps);
  return { y: { ...y, shape: [H / 2, W / 2, 4 * C] } };
}

const shapes = (H: number, W: number, C: number) => ({ x: [H, W, C], gamma: [4 * C], beta: [4 * C] });

export const mergeNormSpec = defineSpec({
  op: mergeNorm,
  gate: 8,
  half: ['x'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row', inputs: shapes(2, 2, 4), attrs: { eps: 1e-5 } },
    { name: 'a wide map', inputs: shapes(4, 6, 20), attrs: { eps: 1e-5 } },
    { name: 'a high map, more vectors than invocations', inputs: shapes(6, 2, 96), attrs: { eps: 1e-5 } },
  ],
  perf: [{ name: 'Swin-L 384, first merging', inputs: shapes(96, 96, 192), attrs: { eps: 1e-5 } }],
});
