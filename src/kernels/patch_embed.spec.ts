import { patchEmbed } from './gemm.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { patch: P }: { patch: number }): { y: Expected } {
  const [x, weight, bias, residual] = [
    need(inputs, 'x'),
    need(inputs, 'weight'),
    need(inputs, 'bias'),
    need(inputs, 'residual'),
  ];
  const [H, W, channels] = x.type.shape as [number, number, number];
  const C = bias.type.shape[0] as number;
  const [GH, GW] = [H / P, W / P];
  const y = blank([1 + GH * GW, C]);
  for (let token = 0; token <= GH * GW; token++) {
    for (let c = 0; c < C; c++) {
      const i = token * C + c;
      let sum = (bias.data[c] as number) + (residual.data[i] as number);
      let scale = Math.abs(bias.data[c] as number) + Math.abs(residual.data[i] as number);
      for (let ky = 0; token > 0 && ky < P; ky++) {
        for (let kx = 0; kx < P; kx++) {
          const row = Math.floor((token - 1) / GW) * P + ky;
          const column = ((token - 1) % GW) * P + kx;
          for (let channel = 0; channel < channels; channel++) {
            const product =
              (x.data[(row * W + column) * channels + channel] as number) *
              (weight.data[((ky * P + kx) * channels + channel) * C + c] as number);
            sum += product;
            scale += Math.abs(product);
          }
        }
      }
      y.values[i] = sum;
      y.magnitude[i] = scale;
    }
  }
  return { y };
}

const shapes = (GH: number, GW: number, P: number, C: number, channels = 4) => ({
  x: [GH * P, GW * P, channels],
  weight: [P * P * channels, C],
  bias: [C],
  residual: [1 + GH * GW, C],
});

export const patchEmbedSpec = defineSpec({
  op: patchEmbed,
  longKernels: ['split'],
  gate: 8,
  half: ['weight'],
  halfAttrs: (attrs) => attrs,
  reference,
  cases: [
    { name: 'one patch of 14', inputs: shapes(1, 1, 14, 4), attrs: { patch: 14 }, half: false },
    { name: 'wide: 2 by 5 patches of 14', inputs: shapes(2, 5, 14, 12), attrs: { patch: 14 } },
    { name: 'tall: 9 by 1 patches of 16', inputs: shapes(9, 1, 16, 8), attrs: { patch: 16 }, half: false },
    { name: 'pixels of a map', inputs: shapes(3, 5, 1, 8, 20), attrs: { patch: 1 }, half: false },
    { name: 'patches of a map', inputs: shapes(2, 3, 2, 12, 8), attrs: { patch: 2 }, half: false },
    { name: 'one-signed picture', inputs: shapes(2, 2, 14, 12), attrs: { patch: 14 }, fill: 'positive', half: false },
  ],
  perf: [
    { name: 'Depth Anything small 518', inputs: shapes(37, 37, 14, 384), attrs: { patch: 14 } },
    { name: 'Depth Anything base 518', inputs: shapes(37, 37, 14, 768), attrs: { patch: 14 } },
    { name: 'Depth Anything large 518', inputs: shapes(37, 37, 14, 1024), attrs: { patch: 14 } },
  ],
});
