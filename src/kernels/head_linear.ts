import { parts } from '../parts.js';
import { conv2d, type ConvAttrs, type ConvInputs } from './conv2d.js';
import { defineOp, type Kernel } from './op.js';
import { storeKernel } from './store.js';
import type { TensorType } from '../tensor.js';

const LANES = 8;
const ROWS = 16;

/** A convolution in groups whose window is one value: of a row of pixels, a linear layer of each head. */
export const headLinear = defineOp<ConvInputs, ConvAttrs>({
  ...conv2d,
  name: 'head_linear',
  kernels: [
    // The others are for windows of 3×3.
    ...conv2d.kernels.filter(({ name }) => name === 'registers' || name === 'split'),
    {
      // Up to 6 times as fast as the convolution on llvmpipe, which loads each row for every 8 columns.
      name: 'heads',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => headsKernel(inputs, attrs, y),
    },
  ],
});

function headsKernel(inputs: ConvInputs, attrs: ConvAttrs, y: TensorType): Kernel | undefined {
  const { x, weight } = inputs;
  const { groups = 1, stride, pad, reluInput } = attrs;
  const [H, W, C] = x.shape as [number, number, number];
  const [KH, KW, GC, N] = weight.shape as [number, number, number, number];
  const padded = pad.top + pad.left + pad.bottom + pad.right > 0;
  if (KH * KW > 1 || stride > 1 || padded || reluInput) return undefined;
  const [M, GN4] = [H * W, N / groups / 4];
  // Heads of few columns share a subgroup: as many as fit, and divide what there are.
  const HEADS = [8, 4, 2].find((heads) => heads * GN4 <= LANES && groups % heads === 0) ?? 1;
  const tiles = (groups / HEADS) * (HEADS > 1 ? 1 : Math.ceil(GN4 / LANES));
  const store = storeKernel(inputs, attrs, y);
  return {
    files: [async () => (await parts.rare()).headLinear, ...store.files],
    tunables: { xelem: x.dtype, welem: weight.dtype, LANES, ROWS, HEADS, ...store.tunables },
    params: { ...store.params, M, C4: C / 4, N4: N / 4, GC4: GC / 4, GN4 },
    workgroups: Math.ceil(M / ROWS) * tiles,
    subgroupSize: LANES,
  };
}
