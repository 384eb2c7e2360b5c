import { params, replace, type KernelMutant } from '../mutant.js';

const quiet = ['low variance, eps 1e-6'];
const plain = ['prime rows, fewer vectors than invocations', 'width of ViT-S'];
const small = ['head size 4', 'head size 4, large scores'];
const loop = 'for (var c = local; c < params.C4; c += WORKGROUP)';

export const tokenMutants: readonly KernelMutant[] = [
  { name: 'eps 1e-5 for 1e-6', op: 'layer_norm', cases: quiet, mutate: params(() => ({ EPS: 1e-5 })) },
  {
    name: 'eps 1e-6 for 1e-5',
    op: 'layer_norm',
    cases: ['low variance, eps 1e-5'],
    mutate: params(() => ({ EPS: 1e-6 })),
  },
  { name: 'eps 1e-12 for 1e-6', op: 'layer_norm', cases: quiet, mutate: params(() => ({ EPS: 1e-12 })) },
  {
    name: 'eps added to the deviation',
    op: 'layer_norm',
    cases: quiet,
    mutate: replace(
      'inverseSqrt(total(squares, local) / count + params.EPS)',
      '1.0 / (sqrt(total(squares, local) / count) + params.EPS)',
    ),
  },
  {
    name: 'class token kept',
    op: 'gemm',
    cases: ['without the class token'],
    mutate: replace('x[(row + SKIP) * params.K4', 'x[row * params.K4'),
  },
  {
    name: 'class token dropped',
    op: 'gemm',
    cases: ['tile - 1'],
    mutate: replace('x[(row + SKIP) * params.K4', 'x[(row + 1) * params.K4'),
  },
  {
    name: 'eps 1e-6 for 0.5',
    op: 'gemm_layer_norm',
    cases: ['rows + 1, same pipeline'],
    mutate: params(() => ({ EPS: 1e-6 })),
  },
  {
    name: 'LayerScale missing',
    op: 'gemm_layer_norm',
    cases: ['two norms'],
    mutate: replace('gamma * (acc[i] + bias)', '(acc[i] + bias)'),
  },
  {
    name: 'mean of one row for all',
    op: 'gemm_layer_norm',
    cases: ['two norms'],
    mutate: replace('acc[1] - mean.y', 'acc[1] - mean.x'),
  },
  {
    name: 'barrier of the row sums removed',
    op: 'gemm_layer_norm',
    cases: ['two norms'],
    mutate: replace('    workgroupBarrier();\n    if (local + half < count)', '    if (local + half < count)'),
  },
  {
    name: 'odd worker left out of the row sums',
    op: 'gemm_layer_norm',
    cases: ['two norms'],
    mutate: replace('let half = (count + 1) / 2;', 'let half = count / 2 + count % 2 * 0;'),
  },
  {
    name: 'second norm takes the scale of the first',
    op: 'gemm_layer_norm',
    cases: ['two norms'],
    mutate: replace('value * norm[2 * params.N4 + col]', 'value * norm[col]'),
  },
  {
    name: 'subgroup: mean of every eighth subgroup',
    op: 'gemm_layer_norm',
    kernel: 'subgroup',
    cases: ['prime rows, nine subgroups of columns'],
    mutate: replace(
      'for (var g = lane; g < GROUPS; g += LANES)',
      'for (var g = lane; g < min(GROUPS, LANES); g += LANES)',
    ),
  },
  {
    name: 'subgroup: residual of the first row for all',
    op: 'gemm_layer_norm',
    kernel: 'subgroup',
    cases: ['prime rows, nine subgroups of columns'],
    mutate: replace('residual[row * params.N4 + col]', 'residual[row0 * params.N4 + col]'),
  },
  {
    name: 'tiled: the tile that is being written is read',
    op: 'gemm_layer_norm',
    kernel: 'tiled',
    cases: ['prime rows, nine subgroups of columns'],
    mutate: replace('tiles[(step - 1) % 2 * TILE + k', 'tiles[step % 2 * TILE + k'),
  },
  {
    name: 'unbiased variance',
    op: 'layer_norm',
    cases: plain,
    mutate: replace('total(squares, local) / count', 'total(squares, local) / (count - 1.0)'),
  },
  {
    name: 'variance in one pass',
    op: 'layer_norm',
    cases: ['mean a thousand deviations away'],
    mutate: replace(
      'let d = x[source + c] - mean;\n    squares += dot(d, d);',
      'let d = x[source + c];\n    squares += dot(d, d) - 4.0 * mean * mean;',
    ),
  },
  {
    name: 'squares in f16',
    op: 'layer_norm',
    half: true,
    cases: ['outliers of ±800'],
    mutate: replace('squares += dot(d, d);', 'squares += quantizeToF16(dot(d, d));'),
  },
  {
    name: 'barrier of the reduction removed',
    op: 'layer_norm',
    cases: ['width of ViT-S', 'one vector fewer than invocations'],
    mutate: replace('    workgroupBarrier();\n    if (local < half)', '    if (local < half)'),
  },
  {
    name: 'last vector left out of the mean',
    op: 'layer_norm',
    cases: plain,
    mutate: replace(`${loop} { sum +=`, 'for (var c = local; c + 1 < params.C4; c += WORKGROUP) { sum +='),
  },
  { name: 'beta missing', op: 'layer_norm', cases: plain, mutate: replace(' + beta[c]', '') },
  { name: 'gamma missing', op: 'layer_norm', cases: plain, mutate: replace(' * gamma[c]', '') },
  {
    name: 'rows past 65,535 workgroups not counted on',
    op: 'layer_norm',
    cases: ['past 65,535 workgroups'],
    mutate: replace('group.y * groups.x + group.x', 'group.x'),
  },
  { name: 'scale missing', op: 'attention', cases: small, mutate: params(() => ({ SCALE: Math.LOG2E })) },
  {
    name: 'scale of base 2 missing',
    op: 'attention',
    cases: small,
    mutate: params(({ SCALE }) => ({ SCALE: (SCALE as number) / Math.LOG2E })),
  },
  {
    name: 'softmax without max',
    op: 'attention',
    cases: ['head size 4, large scores'],
    mutate: replace('top = max(top, score);', 'top = 0.0;'),
  },
  {
    name: 'keys past the end count',
    op: 'attention',
    cases: small,
    mutate: replace('p[i * KEYS + j] * params.SCALE, key0 + j < params.T)', 'p[i * KEYS + j] * params.SCALE, true)'),
  },
  { name: 'sums not rescaled', op: 'attention', cases: small, mutate: replace('sum[i] *= shrink;', '') },
  { name: 'outputs not rescaled', op: 'attention', cases: small, mutate: replace('out[i * D4 + d] *= shrink;', '') },
  {
    name: 'queries and keys swapped',
    op: 'attention',
    cases: small,
    mutate: replace('* row + head * D4 + d]', '* row + (params.HEADS + head) * D4 + d]'),
  },
  {
    name: 'keys and values swapped',
    op: 'attention',
    cases: small,
    mutate: replace('let value_base = (2 * params.HEADS + head) * D4;', 'let value_base = (params.HEADS + head) * D4;'),
  },
  {
    name: 'heads before queries, keys and values',
    op: 'attention',
    cases: small,
    mutate: replace('let key_base = (params.HEADS + head) * D4;', 'let key_base = (3 * head + 1) * D4;'),
  },
  {
    name: 'last query left out',
    op: 'attention',
    cases: small,
    mutate: replace('if (query0 + i < params.T) {', 'if (query0 + i + 1 < params.T) {'),
  },
  {
    name: 'scores of the last tile kept',
    op: 'attention',
    cases: small,
    mutate: replace(
      'var p = array<f32, QUERIES * KEYS>();',
      'var p: array<f32, QUERIES * KEYS>;\n    if (key0 > 0) { p[0] += 0.5; }',
    ),
  },
  {
    name: 'tiled: keys used while others still load',
    op: 'attention',
    kernel: 'tiled',
    cases: ['wide key tile + 1'],
    mutate: replace('    workgroupBarrier();\n    var score', '    var score'),
  },
  {
    name: 'subgroup: keys past the end count',
    op: 'attention',
    kernel: 'subgroup',
    cases: small,
    mutate: replace('key0 + lane < params.T)', 'true)'),
  },
  {
    name: 'subgroup: largest score of one lane for all',
    op: 'attention',
    kernel: 'subgroup',
    cases: ['head size 4, large scores'],
    mutate: replace(
      'top = max(top, subgroupShuffle(top, lane ^ step));',
      'top = max(top, subgroupShuffle(top, lane));',
    ),
  },
  {
    name: 'subgroup: probability of the wrong query',
    op: 'attention',
    kernel: 'subgroup',
    cases: small,
    mutate: replace('subgroupShuffle(p[i], j) * v', 'subgroupShuffle(p[QUERIES - 1 - i], j) * v'),
  },
  {
    name: 'subgroup: stored sums do not move up',
    op: 'attention',
    kernel: 'subgroup',
    cases: small,
    mutate: replace('sum[n] = sum[n + 1];', 'sum[n] = sum[n];'),
  },
];
