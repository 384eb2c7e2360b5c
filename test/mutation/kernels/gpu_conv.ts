import { replace, type KernelMutant } from '../mutant.js';

const odd = ['prime sides, odd channel tiles', 'a subgroup tile + 1, four different pads'];
const deep = ['one-signed, a wide row tile + 1'];

/** Faults of kernels for GPUs, which a software adapter takes long to compile. */
export const gpuConvMutants: readonly KernelMutant[] = [
  {
    name: 'one row of the window for all taps',
    op: 'conv2d',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('window[row + ky][i]', 'window[row][i]'),
  },
  {
    name: 'weights of the transposed tap',
    op: 'conv2d',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('weights[(ky * 3 + kx) * 4 + 1][col]', 'weights[(kx * 3 + ky) * 4 + 1][col]'),
  },
  {
    name: 'the last channels left on their way',
    op: 'conv2d',
    kernel: 'tiled',
    cases: deep,
    mutate: replace('step <= params.C4', 'step < params.C4'),
  },
  {
    name: 'stores past the end of a row',
    op: 'conv2d',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('min(PIXELS, params.OW - ox0)', 'PIXELS'),
  },
  {
    name: 'a part of the sums left out',
    op: 'conv2d',
    kernel: 'split',
    cases: deep,
    mutate: replace('part < SPLIT', 'part + 1 < SPLIT'),
  },
  {
    name: 'every part sums the same channels',
    op: 'conv2d',
    kernel: 'split',
    cases: deep,
    mutate: replace('c4 = local / WORKGROUP;', 'c4 = 0u;'),
  },
  {
    name: 'the part of a neighbour',
    op: 'gemm',
    kernel: 'split',
    cases: ['prime rows, odd column tiles'],
    mutate: replace('local + part * WORKGROUP', 'local + part * WORKGROUP - part'),
  },
];
