import { conv2dSpec } from './conv2d.spec.js';
import { padding, type ConvAttrs } from './conv2d.js';
import { headLinear } from './head_linear.js';
import { defineSpec } from './spec.js';

const inHeads = (groups: number): ConvAttrs => ({ stride: 1, pad: padding(0), groups });
const shapes = (P: number, K: number, N: number, heads: number) => ({
  x: [1, P, heads * K],
  weight: [1, 1, K, N],
  bias: [N],
});

export const headLinearSpec = defineSpec({
  ...conv2dSpec,
  op: headLinear,
  cases: [
    { name: 'blocks of columns, rows - 1', inputs: shapes(31, 24, 8 * 44, 8), attrs: inHeads(8) },
    { name: 'four heads in a subgroup, rows + 1', inputs: shapes(17, 40, 8 * 8, 8), attrs: inHeads(8) },
    { name: 'lanes without columns', inputs: shapes(3, 8, 2 * 12, 2), attrs: inHeads(2) },
    { name: 'an odd number of heads', inputs: shapes(5, 4, 3 * 4, 3), attrs: inHeads(3), half: false },
  ],
  perf: [
    {
      name: 'Video Depth Anything small 252, keys of the third module',
      inputs: shapes(1296, 8, 768, 8),
      attrs: inHeads(8),
    },
    {
      name: 'Video Depth Anything small 252, values of the first',
      inputs: shapes(324, 224, 192, 8),
      attrs: inHeads(8),
    },
  ],
});
