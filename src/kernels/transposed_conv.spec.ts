import type { TensorType } from '../tensor.js';
import { activationReference } from './activation.spec.js';
import { transposedConv } from './gemm.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { StoreAttrs } from './store.js';

/** Spreads every input pixel over its own S×S block of the output. */
function reference(
  inputs: Tensors,
  { act, stride: S }: StoreAttrs & { stride: number },
  out: { y: TensorType },
): { y: Expected } {
  const [x, weight, bias] = [need(inputs, 'x'), need(inputs, 'weight'), need(inputs, 'bias')];
  const [H, W, C] = x.type.shape as [number, number, number];
  const N = bias.type.shape[0] as number;
  const y = blank([H * S, W * S, N]);
  for (let pixel = 0; pixel < H * W; pixel++) {
    const [i, j] = [Math.floor(pixel / W), pixel % W];
    for (let column = 0; column < S * S * N; column++) {
      const n = column % N;
      const [dy, dx] = [Math.floor(column / (S * N)), Math.floor(column / N) % S];
      let sum = bias.data[n] as number;
      let scale = Math.abs(sum);
      for (let c = 0; c < C; c++) {
        const product = (x.data[pixel * C + c] as number) * (weight.data[c * S * S * N + column] as number);
        sum += product;
        scale += Math.abs(product);
      }
      const at = ((i * S + dy) * W * S + j * S + dx) * N + n;
      y.values[at] = saturate(activationReference(act, sum), out.y);
      y.magnitude[at] = scale;
    }
  }
  return { y };
}

const shapes = (H: number, W: number, C: number, S: number, N: number) => ({
  x: [H, W, C],
  weight: [C, S * S * N],
  bias: [N],
});

export const transposedConvSpec = defineSpec({
  op: transposedConv,
  longKernels: ['split'],
  gate: 8,
  run: 16,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel, stride 2', inputs: shapes(1, 1, 4, 2, 4), attrs: { stride: 2 } },
    { name: 'stride 2, prime sides', inputs: shapes(5, 7, 12, 2, 20), attrs: { stride: 2 } },
    { name: 'stride 4, wide', inputs: shapes(3, 11, 8, 4, 12), attrs: { stride: 4 }, half: false },
    { name: 'stride 4, tall, outliers', inputs: shapes(11, 2, 8, 4, 4), attrs: { stride: 4 }, fill: 'outliers' },
  ],
  perf: [
    { name: 'Depth Anything small 518: reassemble 1', inputs: shapes(37, 37, 48, 4, 48), attrs: { stride: 4 } },
    { name: 'Depth Anything small 518: reassemble 2', inputs: shapes(37, 37, 96, 2, 96), attrs: { stride: 2 } },
    { name: 'Depth Anything large 518: reassemble 1', inputs: shapes(37, 37, 256, 4, 256), attrs: { stride: 4 } },
    { name: 'Depth Anything large 518: reassemble 2', inputs: shapes(37, 37, 512, 2, 512), attrs: { stride: 2 } },
  ],
});
