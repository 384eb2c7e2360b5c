import { all, params, replace, tunables, type KernelMutant } from '../mutant.js';

const relu = ['tile + 1, prime rows'];
const gelu = ['prime rows, odd column tiles', 'GELU of large sums'];
const plain = ['one row', 'tile + 1, prime rows', 'prime rows, odd column tiles'];
const scaled = ['LayerScale and residual', 'LayerScale on a residual stream with outliers'];
const odd = ['prime rows, odd column tiles'];

export const gemmMutants: readonly KernelMutant[] = [
  { name: 'bias missing', op: 'gemm', cases: relu, mutate: replace('activate(acc + bias[n4])', 'activate(acc)') },
  {
    name: 'bias of the last column tile missing',
    op: 'gemm',
    cases: relu,
    mutate: replace('acc + bias[n4]', 'acc + select(bias[n4], vec4f(0), n4 + 1 == params.N4)'),
  },
  {
    name: 'GELU by tanh',
    op: 'gemm',
    cases: gelu,
    mutate: replace(
      'return x * select(tail, 1.0 - tail, x > vec4f(0));',
      'return 0.5 * x * (1.0 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)));',
    ),
  },
  {
    name: 'GELU by sigmoid',
    op: 'gemm',
    cases: gelu,
    mutate: replace('return x * select(tail, 1.0 - tail, x > vec4f(0));', 'return x / (1.0 + exp(-1.702 * x));'),
  },
  {
    name: 'GELU with a coefficient off in the fifth digit',
    op: 'gemm',
    cases: gelu,
    mutate: replace('1.421413741', '1.421513741'),
  },
  { name: 'GELU left out', op: 'gemm', cases: gelu, mutate: tunables({ ACT: 0 }) },
  { name: 'ReLU left out', op: 'gemm', cases: relu, mutate: tunables({ ACT: 0 }) },
  { name: 'ReLU6 without cap', op: 'gemm', cases: ['ReLU6'], mutate: tunables({ ACT: 1 }) },
  { name: 'hardswish left out', op: 'gemm', cases: ['hardswish'], mutate: tunables({ ACT: 0 }) },
  {
    name: 'hardswish without cap',
    op: 'gemm',
    cases: ['hardswish'],
    mutate: replace('clamp(x + 3, vec4f(0), vec4f(6)) / 6', 'max(x + 3, vec4f(0)) / 6'),
  },
  {
    name: 'ReLU6 without floor',
    op: 'gemm',
    cases: ['ReLU6'],
    mutate: replace('clamp(x, vec4f(0), vec4f(6))', 'min(x, vec4f(6))'),
  },
  {
    name: 'last row tile left out',
    op: 'gemm',
    cases: plain,
    mutate: replace('row0 < params.M;', 'row0 + ROWS <= params.M;'),
  },
  {
    name: 'last column tile left out',
    op: 'gemm',
    cases: plain,
    mutate: replace('col0 + j < params.N4', 'col0 + j + 1 < params.N4'),
  },
  {
    name: 'last four of K left out',
    op: 'gemm',
    cases: plain,
    mutate: replace('select(0u, params.K4, inside)', 'select(0u, params.K4 - 1, inside)'),
  },
  { name: 'one channel in four left out', op: 'gemm', cases: plain, mutate: replace(' + a.w * b3', '') },
  {
    name: 'accumulation in f16',
    op: 'gemm',
    half: true,
    cases: ['one-signed, long sum'],
    mutate: replace('return sum + (a.x * b0 + a.y', 'return quantizeToF16(sum + a.x * b0 + a.y'),
  },
  {
    name: 'stores past the largest f16',
    op: 'gemm',
    half: true,
    cases: ['outliers: f16 saturates'],
    mutate: replace('clamp(x, vec4f(-65504), vec4f(65504))', 'x'),
  },
  {
    name: 'residual missing',
    op: 'gemm',
    cases: ['residual, no activation'],
    mutate: replace('vec4f(residual[at]) + ', ''),
  },
  {
    name: 'residual added before the activation',
    op: 'gemm',
    cases: ['residual'],
    mutate: replace('vec4f(residual[at]) + activate(acc + bias[n4])', 'activate(vec4f(residual[at]) + acc + bias[n4])'),
  },
  {
    name: 'LayerScale left out',
    op: 'gemm',
    cases: scaled,
    mutate: replace('gamma[n4] * (acc + bias[n4])', '(acc + bias[n4])'),
  },
  {
    name: 'LayerScale before the bias',
    op: 'gemm',
    cases: scaled,
    mutate: replace('gamma[n4] * (acc + bias[n4])', 'gamma[n4] * acc + bias[n4]'),
  },
  {
    name: 'LayerScale on the residual too',
    op: 'gemm',
    cases: scaled,
    mutate: replace('residual[at] + gamma[n4] * (acc + bias[n4])', 'gamma[n4] * (residual[at] + acc + bias[n4])'),
  },
  {
    name: 'stale uniform',
    op: 'gemm',
    cases: ['tile + 1, prime rows'],
    mutate: params(() => ({ M: 3, N4: 2, K4: 2 })),
  },
  {
    name: 'subgroup: rows handed round by one lane too far',
    op: 'gemm',
    kernel: 'subgroup',
    cases: odd,
    mutate: replace('subgroupShuffle(mine, i)', 'subgroupShuffle(mine, (i + 1) % SHARE)'),
  },
  {
    name: 'subgroup: the first rows twice',
    op: 'gemm',
    kernel: 'subgroup',
    cases: odd,
    mutate: replace('row0 + i0 + lane % SHARE', 'row0 + lane % SHARE'),
  },
  {
    name: 'subgroup: last column left out',
    op: 'gemm',
    kernel: 'subgroup',
    cases: odd,
    mutate: replace('if (col < params.N4) { store', 'if (col + 1 < params.N4) { store'),
  },
  {
    name: 'tiled: tiles written while others still read',
    op: 'gemm',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('    workgroupBarrier();\n    if (quad < QUADS)', '    if (quad < QUADS)'),
  },
  {
    name: 'tiled: last step of K left out',
    op: 'gemm',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('step <= steps', 'step < steps'),
  },
  {
    name: 'tiled: K filled up with its last values',
    op: 'gemm',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('if ((step - 1) * STEP4 + k4 >= params.K4) { break; }', ''),
  },
  {
    name: 'tiled: weights of the first step in all',
    op: 'gemm',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('step * 4 * STEP4 + i * WORKGROUP', 'i * WORKGROUP'),
  },
  {
    name: 'tiled: second half of the rows left out',
    op: 'gemm',
    kernel: 'tiled',
    cases: odd,
    mutate: replace('acc[(i + 4) * COLS + j] += a1[i] * w;', ''),
  },
  {
    name: 'phases transposed',
    op: 'transposed_conv',
    cases: ['stride 2, prime sides'],
    mutate: all(
      replace('+ phase / shuffle.S', '+ phase % shuffle.S'),
      replace('% shuffle.W * shuffle.S + phase % shuffle.S', '% shuffle.W * shuffle.S + phase / shuffle.S'),
    ),
  },
  { name: 'sides swapped', op: 'transposed_conv', cases: ['stride 2, prime sides'], mutate: params(() => ({ W: 5 })) },
  {
    name: 'bias by column',
    op: 'transposed_conv',
    cases: ['one pixel, stride 2'],
    mutate: replace('bias[c4]', 'bias[n4]'),
  },
  {
    name: 'patch columns as rows',
    op: 'patch_embed',
    cases: ['wide: 2 by 5 patches of 14'],
    mutate: params(() => ({ GW: 2 })),
  },
  {
    name: 'weights ordered (kx, ky)',
    op: 'patch_embed',
    cases: ['wide: 2 by 5 patches of 14'],
    mutate: all(
      replace('tap / PATCH * patches.W', 'tap % PATCH * patches.W'),
      replace('patches.W + tap % PATCH)', 'patches.W + tap / PATCH)'),
    ),
  },
  {
    name: 'channels of a map after the pixels of a patch',
    op: 'patch_embed',
    cases: ['patches of a map'],
    mutate: all(replace('k4 / C4;', 'k4 % (PATCH * PATCH);'), replace('k4 % C4]', 'k4 / (PATCH * PATCH)]')),
  },
  {
    name: 'class token convolved',
    op: 'patch_embed',
    cases: ['wide: 2 by 5 patches of 14'],
    mutate: replace('if (at == ZEROS) { return vec4f(0); }', ''),
  },
  {
    name: 'position embeddings missing',
    op: 'patch_embed',
    cases: ['wide: 2 by 5 patches of 14'],
    mutate: replace('vec4f(residual[at]) + ', ''),
  },
];
