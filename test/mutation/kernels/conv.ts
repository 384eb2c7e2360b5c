import { params, replace, tunables, type KernelMutant } from '../mutant.js';

const wide = ['1×3'];
const tall = ['3×1'];
const strided = ['1×1, stride 3'];
const unequal = ['stride 2, SAME: zeros below and to the right only'];
const preactivated = ['ReLU on the input, ReLU on the output'];
const unit = ['residual of a 1×1'];
const strip = ['3×3: strip + 1, its height + 1'];
const separated = ['3×3: row tiles + 1, channels past a subgroup'];
const tile = ['a subgroup tile + 1, four different pads'];
const swap = ({ H, W }: Readonly<Record<string, number>>) => ({ H: W as number, W: H as number });

export const convMutants: readonly KernelMutant[] = [
  { name: 'bias missing', op: 'conv2d', cases: wide, mutate: replace('activate(acc + bias[n4])', 'activate(acc)') },
  {
    name: 'zeros above off by one',
    op: 'conv2d',
    cases: tall,
    mutate: params(({ PAD_Y }) => ({ PAD_Y: (PAD_Y as number) - 1 })),
  },
  {
    name: 'zeros to the left off by one',
    op: 'conv2d',
    cases: wide,
    mutate: params(({ PAD_X }) => ({ PAD_X: (PAD_X as number) - 1 })),
  },
  { name: 'SAME padding on both sides', op: 'conv2d', cases: unequal, mutate: params(() => ({ PAD_Y: 1, PAD_X: 1 })) },
  { name: 'input sides swapped', op: 'conv2d', cases: ['prime sides, odd channel tiles'], mutate: params(swap) },
  { name: 'kernel flipped', op: 'conv2d', cases: wide, mutate: replace('(ky * KW + kx)', '(ky * KW + KW - 1 - kx)') },
  {
    name: 'kernel transposed',
    op: 'conv2d',
    cases: ['a column of pixels'],
    mutate: replace('(ky * KW + kx)', '(kx * KH + ky)'),
  },
  {
    name: 'stride taken along columns only',
    op: 'conv2d',
    cases: strided,
    mutate: replace('oy * STRIDE + ky', 'oy + ky'),
  },
  {
    name: 'window not strided',
    op: 'conv2d',
    cases: strided,
    mutate: replace('window[p * STRIDE + kx]', 'window[p + kx]'),
  },
  {
    name: 'reads past the right border',
    op: 'conv2d',
    cases: wide,
    mutate: replace('ix < 0 || ix >= i32(params.W)', 'ix < 0'),
  },
  { name: 'stores past the end of a row', op: 'conv2d', cases: wide, mutate: replace('ox < params.OW && ', '') },
  {
    name: 'last pixels of an odd row left out',
    op: 'conv2d',
    cases: wide,
    mutate: replace('ox < params.OW &&', 'ox0 + PIXELS <= params.OW &&'),
  },
  { name: 'last row left out', op: 'conv2d', cases: tall, mutate: replace('oy < params.OH', 'oy + 1 < params.OH') },
  {
    name: 'last four channels left out',
    op: 'conv2d',
    cases: ['1×1'],
    mutate: replace('c4 < params.GC4', 'c4 + 1 < params.GC4'),
  },
  { name: 'ReLU on the input left out', op: 'conv2d', cases: preactivated, mutate: tunables({ RELU_X: false }) },
  { name: 'ReLU on the output left out', op: 'conv2d', cases: preactivated, mutate: tunables({ ACT: 0 }) },
  { name: 'residual missing', op: 'conv2d', cases: unit, mutate: replace('vec4f(residual[at]) + ', '') },
  {
    name: 'residual after ReLU, as in MiDaS v2.1 large only',
    op: 'conv2d',
    cases: unit,
    mutate: replace('vec4f(residual[at])', 'max(vec4f(residual[at]), vec4f(0))'),
  },
  {
    name: 'stale uniform',
    op: 'conv2d',
    cases: ['a column of pixels'],
    mutate: params(() => ({ H: 1, W: 19, OH: 1, OW: 19 })),
  },
  {
    name: 'columns past a tile swapped',
    op: 'conv2d',
    kernel: 'subgroup',
    cases: tile,
    mutate: replace('let a8 = edge[2 * r];', 'let a8 = edge[2 * r + 1];'),
  },
  {
    name: 'weights of the first block of channels for all',
    op: 'conv2d',
    kernel: 'subgroup',
    cases: tile,
    mutate: replace('min(n4, params.N4 - 1), params.N4', 'lane, params.N4'),
  },
  {
    name: 'hidden channels of one lane only',
    op: 'head',
    kernel: 'subgroup',
    cases: ['hidden 32, metres'],
    mutate: replace('subgroupAdd(dot(hidden, weight2[lane]))', 'dot(hidden, weight2[lane])'),
  },
  {
    name: 'bias missing',
    op: 'depthwise',
    cases: ['3×3: one pixel', '3×3: tile + 1, odd channel tiles'],
    mutate: replace('select(vec4f(0), bias[c4], part == 0)', 'vec4f(0)'),
  },
  { name: 'ReLU6 as ReLU', op: 'depthwise', cases: ['5×5, ReLU6'], mutate: tunables({ ACT: 1 }) },
  { name: 'ReLU6 left out', op: 'depthwise', cases: ['5×5, ReLU6'], mutate: tunables({ ACT: 0 }) },
  {
    name: 'stores past the largest f16',
    op: 'depthwise',
    kernel: 'subgroup',
    half: true,
    cases: ['outliers: f16 saturates'],
    mutate: replace('clamp(x, vec4f(-65504), vec4f(65504))', 'x'),
  },
  {
    name: 'SAME padding on both sides',
    op: 'depthwise',
    kernel: 'subgroup',
    cases: ['3×3 stride 2, SAME'],
    mutate: params(() => ({ PAD_Y: 1, PAD_X: 1 })),
  },
  {
    name: 'one kernel for all channels',
    op: 'depthwise',
    cases: ['3×3: tile + 1, odd channel tiles'],
    mutate: replace('(ky * K + kx) * params.C4 + c4', '(ky * K + kx) * params.C4'),
  },
  {
    name: 'kernel transposed',
    op: 'depthwise',
    cases: ['3×3: tile + 1, odd channel tiles'],
    mutate: replace('(ky * K + kx)', '(kx * K + ky)'),
  },
  {
    name: 'stores past the end of a row',
    op: 'depthwise',
    cases: ['3×3: tile - 1, prime height', '3×3: tile + 1, odd channel tiles'],
    mutate: replace('if (ox < params.OW) ', ''),
  },
  {
    name: 'subgroup: columns past the last lane left out',
    op: 'depthwise',
    kernel: 'subgroup',
    cases: strip,
    mutate: replace('if (lane < BEYOND)', 'if (lane + 1 < BEYOND)'),
  },
  {
    name: 'subgroup: first rows of a strip without those above',
    op: 'depthwise',
    kernel: 'subgroup',
    cases: strip,
    mutate: replace('i32((oy0 + t) * STRIDE + s) - i32(params.PAD_Y);', 'i32(t * STRIDE + s) - i32(params.PAD_Y);'),
  },
  {
    name: 'subgroup: lanes past the row wrap around',
    op: 'depthwise',
    kernel: 'subgroup',
    cases: strip,
    mutate: replace('source >= LANES)', 'false)'),
  },
  {
    name: 'ReLU6 between left out',
    op: 'separable',
    cases: separated,
    mutate: replace('clamp(sum[p], vec4f(0), vec4f(6))', 'max(sum[p], vec4f(0))'),
  },
  {
    name: 'bias of the depthwise convolution missing',
    op: 'separable',
    cases: separated,
    mutate: replace('sum[p] = shift[c4]', 'sum[p] = vec4f(0)'),
  },
  {
    name: 'last four channels left out',
    op: 'separable',
    cases: separated,
    mutate: replace('select(0u, params.C4, inside)', 'select(0u, params.C4 - 1, inside)'),
  },
  {
    name: 'own sums instead of those handed round',
    op: 'separable',
    kernel: 'subgroup',
    cases: separated,
    mutate: replace('subgroupShuffle(mine[p], i)', 'mine[p]'),
  },
  {
    name: 'border taken for the middle',
    op: 'upsampled_conv',
    cases: ['biases of the border'],
    mutate: replace('3 * side(row / params.OW, params.OH)', '3'),
  },
  {
    name: 'rows and columns of a phase swapped',
    op: 'phase_conv',
    cases: ['prime sides, hardswish', 'one pixel'],
    mutate: replace('shuffle.W * shuffle.S + phase / shuffle.S', 'shuffle.W * shuffle.S + phase % shuffle.S'),
  },
  {
    name: 'sum for mean',
    op: 'avg_pool',
    cases: ['one window'],
    mutate: replace('sum / f32(KH * KW)', 'sum'),
  },
  {
    name: 'windows that overlap',
    op: 'avg_pool',
    cases: ['even sides'],
    mutate: replace('oy * KH + ky', 'oy + ky'),
  },
  {
    name: 'width of the result for that of the map',
    op: 'avg_pool',
    cases: ['odd sides: the last row and column are dropped'],
    mutate: params((_, { outputs }) => ({ W: 2 * (outputs['y']?.shape[1] as number) })),
  },
  {
    name: 'rows of the first map for those of the second',
    op: 'concat',
    cases: ['prime sides'],
    mutate: replace('b[row * params.B4 + c4 - params.A4]', 'b[row * params.A4 + c4 - params.A4]'),
  },
];
