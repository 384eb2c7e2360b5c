import { params, replace, tunables, type KernelMutant } from '../mutant.js';

const enlarged = ['prime sides, enlarged'];
const shrunk = ['shrunk a little', 'shrunk eightfold, prime'];

export const pictureMutants: readonly KernelMutant[] = [
  {
    name: 'cubic a = -0.5',
    op: 'preprocess',
    cases: enlarged,
    mutate: replace('const A: f32 = -0.75;', 'const A: f32 = -0.5;'),
  },
  {
    name: 'cubic a = -0.5',
    op: 'resize_map',
    cases: ['bicubic, prime sides, enlarged'],
    mutate: replace('const A: f32 = -0.75;', 'const A: f32 = -0.5;'),
  },
  {
    name: 'mean and deviation swapped',
    op: 'preprocess',
    cases: enlarged,
    mutate: params((p) => ({
      MEAN_R: p.STD_R as number,
      MEAN_G: p.STD_G as number,
      MEAN_B: p.STD_B as number,
      STD_R: p.MEAN_R as number,
      STD_G: p.MEAN_G as number,
      STD_B: p.MEAN_B as number,
    })),
  },
  {
    name: 'mean of BGR',
    op: 'preprocess',
    cases: enlarged,
    mutate: params(({ MEAN_R, MEAN_B }) => ({ MEAN_R: MEAN_B as number, MEAN_B: MEAN_R as number })),
  },
  { name: 'BGR', op: 'preprocess', cases: enlarged, mutate: replace('0).rgb;', '0).bgr;') },
  {
    name: 'sides swapped',
    op: 'preprocess',
    cases: enlarged,
    mutate: params(({ PH, PW }) => ({ PH: PW as number, PW: PH as number })),
  },
  {
    name: 'bilinear for bicubic',
    op: 'resize_map',
    cases: ['bicubic, prime sides, enlarged'],
    mutate: tunables({ FILTER: 0 }),
  },
  {
    name: 'align_corners on',
    op: 'resize_map',
    cases: ['bilinear, prime sides, enlarged'],
    mutate: tunables({ FILTER: 1 }),
  },
  {
    name: 'align_corners off',
    op: 'resize_map',
    cases: ['bilinear-align-corners, prime sides, enlarged'],
    mutate: tunables({ FILTER: 0 }),
  },
  {
    name: 'not antialiased',
    op: 'antialias_rows',
    cases: shrunk,
    mutate: replace('f32(2 * max(input, output))', 'f32(2 * output)'),
  },
  {
    name: 'antialiased with a = -0.75',
    op: 'antialias_rows',
    cases: shrunk,
    mutate: replace('return -0.5 * (t - 1) * (t - 2) * (t - 2);', 'return -0.75 * (t - 1) * (t - 2) * (t - 2);'),
  },
  {
    name: 'rounded down',
    op: 'antialias_columns',
    cases: ['enlarged'],
    mutate: replace('floor(color + 0.5)', 'floor(color)'),
  },
  {
    name: 'columns off by one',
    op: 'affine',
    cases: ['a picture from right to left'],
    mutate: replace('let left = u32(column);', 'let left = u32(column) + 1;'),
  },
  {
    name: 'not flipped back',
    op: 'flip_mean',
    cases: ['prime sides'],
    mutate: replace('flipped[i - column + params.W - 1 - column]', 'flipped[i]'),
  },
  {
    name: 'values that are not finite counted',
    op: 'depth_extent',
    cases: ['values that are not finite'],
    mutate: replace('return (bits & 0x7f800000u) != 0x7f800000u;', 'return bits != 0u;'),
  },
  {
    name: 'barrier of the reduction removed',
    op: 'depth_extent',
    cases: ['one part and a little', 'prime sides, all parts'],
    mutate: replace('    }\n    workgroupBarrier();\n  }', '    }\n  }'),
  },
  {
    name: 'percentiles swapped',
    op: 'depth_range',
    cases: ['2 and 98 per cent'],
    mutate: params(({ LOW, HIGH }) => ({ LOW: HIGH as number, HIGH: LOW as number })),
  },
];
