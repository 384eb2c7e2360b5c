import type { TensorType } from '../tensor.js';
import { avgPool, type AvgPoolAttrs } from './avg_pool.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { window: [KH, KW] }: AvgPoolAttrs, out: { y: TensorType }): { y: Expected } {
  const x = need(inputs, 'x');
  const [H, W, C] = x.type.shape as [number, number, number];
  const [OH, OW] = [Math.floor(H / KH), Math.floor(W / KW)];
  const y = blank([OH, OW, C]);
  for (let i = 0; i < OH * OW * C; i++) {
    const [c, ox, oy] = [i % C, Math.floor(i / C) % OW, Math.floor(i / C / OW)];
    for (let t = 0; t < KH * KW; t++) {
      const [iy, ix] = [oy * KH + Math.floor(t / KW), ox * KW + (t % KW)];
      const value = (x.data[(iy * W + ix) * C + c] as number) / (KH * KW);
      y.values[i] = (y.values[i] as number) + value;
      y.magnitude[i] = (y.magnitude[i] as number) + Math.abs(value);
    }
    y.values[i] = saturate(y.values[i] as number, out.y);
  }
  return { y };
}

export const avgPoolSpec = defineSpec({
  op: avgPool,
  gate: 4,
  half: ['x'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one window', inputs: { x: [2, 2, 4] }, attrs: { window: [2, 2] }, half: false },
    { name: 'even sides', inputs: { x: [6, 10, 12] }, attrs: { window: [2, 2] } },
    { name: 'odd sides: the last row and column are dropped', inputs: { x: [7, 9, 8] }, attrs: { window: [2, 2] } },
    { name: 'tokens in a row, some left over', inputs: { x: [1, 37, 8] }, attrs: { window: [1, 16] }, half: false },
  ],
  perf: [
    { name: 'Next-ViT-L 384: stage 1', inputs: { x: [96, 96, 96] }, attrs: { window: [2, 2] } },
    { name: 'Next-ViT-L 384: keys of stage 1', inputs: { x: [1, 2304, 192] }, attrs: { window: [1, 16] } },
  ],
});
