import { padding, samePadding } from './conv2d.js';
import { maxPool, type MaxPoolAttrs } from './max_pool.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** A value of the input, so that nothing is rounded: its magnitude only has to be the scale of the values. */
function reference(inputs: Tensors, { window, stride, pad }: MaxPoolAttrs): { y: Expected } {
  const x = need(inputs, 'x');
  const [H, W, C] = x.type.shape as [number, number, number];
  const OH = Math.floor((pad.top + H + pad.bottom - window) / stride) + 1;
  const OW = Math.floor((pad.left + W + pad.right - window) / stride) + 1;
  const y = blank([OH, OW, C]);
  for (let i = 0; i < OH * OW * C; i++) {
    const [c, ox, oy] = [i % C, Math.floor(i / C) % OW, Math.floor(i / C / OW)];
    let top = -Infinity;
    for (let t = 0; t < window * window; t++) {
      const [iy, ix] = [oy * stride + Math.floor(t / window) - pad.top, ox * stride + (t % window) - pad.left];
      if (iy >= 0 && iy < H && ix >= 0 && ix < W) top = Math.max(top, x.data[(iy * W + ix) * C + c] as number);
    }
    y.values[i] = top;
    y.magnitude[i] = Math.abs(top);
  }
  return { y };
}

export const maxPoolSpec = defineSpec({
  op: maxPool,
  gate: 1,
  half: ['x'],
  halfAttrs: (attrs) => attrs,
  reference,
  cases: [
    { name: 'one pixel', inputs: { x: [1, 1, 4] }, attrs: { window: 3, stride: 2, pad: padding(1) } },
    { name: 'even sides', inputs: { x: [8, 6, 8] }, attrs: { window: 3, stride: 2, pad: padding(1) } },
    { name: 'prime sides', inputs: { x: [7, 13, 12] }, attrs: { window: 3, stride: 2, pad: padding(1) }, half: false },
    {
      name: 'SAME: nothing above and to the left',
      inputs: { x: [10, 14, 4] },
      attrs: { window: 3, stride: 2, pad: samePadding(10, 14, 3, 2) },
      half: false,
    },
    {
      name: 'windows that touch, all values below zero',
      inputs: { x: [6, 8, 4] },
      attrs: { window: 2, stride: 2, pad: padding(0) },
      fill: { x: (next) => -1 - next() },
      half: false,
    },
  ],
  perf: [
    { name: 'ResNeXt101 384: stem', inputs: { x: [192, 192, 64] }, attrs: { window: 3, stride: 2, pad: padding(1) } },
  ],
});
