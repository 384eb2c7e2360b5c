import { all, replace, type KernelMutant } from '../mutant.js';

const odd = ['prime sides, odd channel tiles', 'a subgroup tile + 1, four different pads'];
const deep = ['one-signed, a wide row tile + 1'];

/** Faults of kernels for GPUs, which a software adapter takes long to compile. */
export const gpuMutants: readonly KernelMutant[] = [
  {
    name: 'one row of the window for all taps',
    op: 'conv2d',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('window[row * STRIDE + ky][i]', 'window[row * STRIDE][i]'),
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
    name: 'a window of stride 1 for stride 2',
    op: 'conv2d',
    kernel: 'tiled',
    cases: ['stride 2, odd, wide'],
    mutate: replace('line[p * STRIDE + kx]', 'line[p + kx]'),
  },
  {
    name: 'hidden channels of the first columns only',
    op: 'head',
    kernel: 'tiled',
    cases: ['hidden 32, metres'],
    mutate: replace('c < COLUMNS; c++', 'c < COLUMNS / 2; c++'),
  },
  {
    name: 'the pixel of a neighbour',
    op: 'head',
    kernel: 'tiled',
    cases: ['hidden 32, metres'],
    mutate: replace('[c][col % 4]', '[c][(col + 1) % 4]'),
  },
  {
    name: 'columns past the hidden channels count',
    op: 'head',
    kernel: 'tiled',
    cases: ['doubled, aligned corners, wide'],
    mutate: replace('col < HIDDEN);', 'true);'),
  },
  {
    name: 'a part of the sums left out',
    op: 'conv2d',
    kernel: 'split',
    cases: deep,
    mutate: replace('part < SPLIT; part++', 'part + 1 < SPLIT; part++'),
  },
  {
    name: 'every part sums the same channels',
    op: 'conv2d',
    kernel: 'split',
    cases: deep,
    mutate: replace('c4 = part_of(local);', 'c4 = 0u;'),
  },
  {
    name: 'sums stored one row off',
    op: 'conv2d',
    kernel: 'split',
    cases: deep,
    mutate: replace('i * ENDS + part_of(local)', 'i * ENDS + (part_of(local) + 1) % ENDS'),
  },
  {
    name: 'the first rows of sums for all',
    op: 'separable',
    kernel: 'split',
    cases: ['3×3: row tiles + 1, channels past a subgroup'],
    mutate: replace('acc[first + e * COLS]', 'acc[first]'),
  },
  {
    name: 'the bias once for every part',
    op: 'depthwise',
    kernel: 'split',
    cases: ['3×3: tile + 1, odd channel tiles'],
    mutate: replace('part == 0', 'true'),
  },
  {
    name: 'the part of a neighbour',
    op: 'gemm',
    kernel: 'split',
    cases: ['LayerScale and residual'],
    mutate: replace('local % WORKGROUP + part * WORKGROUP', 'local % WORKGROUP + part * WORKGROUP - part'),
  },
  {
    name: 'channels past the head size count',
    op: 'attention',
    kernel: 'tiled',
    cases: ['head size 36'],
    mutate: all(
      replace('query(q_at[i] + d4), d4 < K4)', 'query(q_at[i] + d4), true)'),
      replace('key(at), d4 < K4)', 'key(at), true)'),
    ),
  },
  {
    name: 'the first channels of queries in every step',
    op: 'attention',
    kernel: 'tiled',
    cases: ['prime tokens, head size 64'],
    mutate: replace('query(q_at[i] + d4)', 'query(q_at[i] + line)'),
  },
  {
    name: 'sums of a tile that are not shrunk',
    op: 'attention',
    kernel: 'tiled',
    cases: ['wide key tile + 1'],
    mutate: replace('out[i * CHANNELS + c] *= shrink[i];', ''),
  },
  {
    name: 'the largest score of one column for all',
    op: 'attention',
    kernel: 'tiled',
    cases: ['large scores'],
    mutate: replace('max(top, queries[row][c][0])', 'max(top, queries[row][0][0])'),
  },
];
