import { resizeScale } from '../../../src/kernels/store.js';
import { all, params, replace, tunables, type Application, type KernelMutant, type Mutation } from '../mutant.js';

/** align_corners switched, positions and scales alike. */
function aligned(to: boolean): Mutation {
  const scales = ({ LH, LW }: Readonly<Record<string, number>>, { inputs, outputs }: Application) => {
    const [H, W] = Object.values(outputs)[0]?.shape as [number, number];
    if (!inputs.low) throw new Error('The kernel resizes nothing.');
    return { SCALE_Y: resizeScale(LH as number, H, to), SCALE_X: resizeScale(LW as number, W, to) };
  };
  return all(tunables({ ALIGN_CORNERS: to }), params(scales));
}

const doubled = ['doubled, half-pixel centres, tall', 'odd ratio, half-pixel centres'];
const corners = ['doubled, aligned corners, wide'];
const fusion = ['fusion of a 1×1: 4×5 to 7×9'];
const depth = ['doubled, aligned corners, wide', 'an odd ratio: 8×3 to 13×7'];
const metres = ['hidden 32, metres'];

export const resizeMutants: readonly KernelMutant[] = [
  { name: 'align_corners off', op: 'upsampled_conv', cases: corners, mutate: aligned(false) },
  { name: 'align_corners on', op: 'upsampled_conv', cases: doubled, mutate: aligned(true) },
  { name: 'align_corners off', op: 'conv2d', cases: fusion, mutate: aligned(false) },
  { name: 'align_corners off', op: 'head', cases: depth, mutate: aligned(false) },
  {
    name: 'scale of align_corners without it',
    op: 'upsampled_conv',
    cases: corners,
    mutate: params(({ LH, LW }) => ({ SCALE_Y: (LH as number) / 6, SCALE_X: (LW as number) / 12 })),
  },
  {
    name: 'half a pixel to the left',
    op: 'upsampled_conv',
    cases: doubled,
    mutate: replace('(f32(at) + 0.5) * scale - 0.5', 'f32(at) * scale'),
  },
  {
    name: 'position below zero',
    op: 'upsampled_conv',
    cases: doubled,
    mutate: replace('return max(0.0, (f32(at) + 0.5) * scale - 0.5);', 'return (f32(at) + 0.5) * scale - 0.5;'),
  },
  {
    name: 'right neighbour not clamped',
    op: 'upsampled_conv',
    cases: doubled,
    mutate: replace('min(x0 + 1, resize.LW - 1)', '(x0 + 1)'),
  },
  {
    name: 'lower neighbour not clamped',
    op: 'upsampled_conv',
    cases: doubled,
    mutate: replace('min(y0 + 1, resize.LH - 1)', '(y0 + 1)'),
  },
  {
    name: 'nearest along rows',
    op: 'upsampled_conv',
    cases: doubled,
    mutate: replace('vec2f(sx - f32(x0),', 'vec2f(round(sx - f32(x0)),'),
  },
  {
    name: 'border repeated where it is zero',
    op: 'upsampled_conv',
    cases: corners,
    mutate: replace(
      'if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }\n  return load_at(place(iy, ix), c4);',
      'return load_at(place(iy, clamp(ix, 0, i32(params.W) - 1)), c4);',
    ),
  },
  { name: 'deeper path missing', op: 'conv2d', cases: fusion, mutate: replace(' + deeper;', ';') },
  {
    name: 'deeper path transposed',
    op: 'conv2d',
    cases: fusion,
    mutate: replace('bilinear(row / params.OW, row % params.OW, n4)', 'bilinear(row % params.OW, row / params.OW, n4)'),
  },
  {
    name: 'ReLU between the convolutions left out',
    op: 'head',
    cases: depth,
    mutate: replace('max(acc[p * HIDDEN + n] + bias1[n], vec4f(0))', '(acc[p * HIDDEN + n] + bias1[n])'),
  },
  {
    name: 'bias of the 3×3 convolution missing',
    op: 'head',
    cases: depth,
    mutate: replace('acc[p * HIDDEN + n] + bias1[n]', 'acc[p * HIDDEN + n]'),
  },
  {
    name: 'bias of the 1×1 convolution missing',
    op: 'head',
    cases: depth,
    mutate: replace('vec2f(bias2[0], bias2[1])', 'vec2f(0)'),
  },
  { name: 'last ReLU left out', op: 'head', cases: depth, mutate: replace('max(value.x, 0.0)', 'value.x') },
  { name: 'metric scale dropped', op: 'head', cases: metres, mutate: params(() => ({ SCALE: 1 })) },
  { name: 'sigmoid as ReLU', op: 'head', cases: metres, mutate: tunables({ FINAL: 0 }) },
  { name: 'depth inverted', op: 'head', cases: metres, mutate: replace('exp(clamp(-value.x,', 'exp(clamp(value.x,') },
  {
    name: 'last column left out',
    op: 'head',
    cases: depth,
    mutate: replace('if (ox0 + p < params.W) {', 'if (ox0 + p + 1 < params.W) {'),
  },
  {
    name: 'last hidden channels left out',
    op: 'head',
    cases: depth,
    mutate: replace('n < HIDDEN; n++) {\n        let hidden', 'n + 1 < HIDDEN; n++) {\n        let hidden'),
  },
];
