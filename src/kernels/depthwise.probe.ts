import { padding } from './conv2d.js';
import type { DepthwiseAttrs } from './depthwise.js';
import { convolved, wholes, type Probe, type Probes } from './probe.js';
import type { SeparableAttrs } from './separable.js';
import type { TensorType } from '../tensor.js';

type Storage = 'f32' | 'f16';
type Sides = readonly [H: number, W: number, C: number];
const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

export const depthwiseProbes: Probes<DepthwiseAttrs> = (storage) => [
  alone(storage, [7, 9, 8]),
  alone(storage, [9, 18, 12]),
];
export const separableProbes: Probes<SeparableAttrs> = (storage) => [
  beforeProduct(storage, [7, 9, 8], 12),
  beforeProduct(storage, [5, 9, 64], 32),
];

/** Windows of 3×3 of each channel, convolved as if the other channels had weights of zero. */
function windows(run: number, [H, W, C]: Sides): Record<'x' | 'weight' | 'bias' | 'y', Float32Array> {
  const [x, weight, bias] = [wholes(H * W * C, run, 3, true), wholes(9 * C, run + 1, 2), wholes(C, run, 9)];
  const full = Float32Array.from({ length: 9 * C * C }, (_, i) => {
    const row = Math.floor(i / C);
    return row % C === i % C ? (weight[row] as number) : 0;
  });
  return { x, weight, bias, y: convolved(x, full, bias, [H, W, C, C, 3]) };
}

function alone(dtype: Storage, sides: Sides): Probe<DepthwiseAttrs> {
  const C = sides[2];
  return {
    inputs: { x: { dtype, shape: sides }, weight: { dtype, shape: [3, 3, C] }, bias: f32(C) },
    attrs: { stride: 1, pad: padding(1), out: 'f32' },
    answer: (run) => {
      const { y: output, ...inputs } = windows(run, sides);
      return { inputs, output };
    },
    tolerance: 0,
  };
}

function beforeProduct(dtype: Storage, sides: Sides, N: number): Probe<SeparableAttrs> {
  const [H, W, C] = sides;
  return {
    inputs: {
      x: { dtype, shape: sides },
      kernel: { dtype, shape: [3, 3, C] },
      shift: f32(C),
      weight: { dtype, shape: [C, N] },
      bias: f32(N),
    },
    attrs: { stride: 1, pad: padding(1), out: 'f32' },
    answer: (run) => {
      const { x, weight: kernel, bias: shift, y } = windows(run, sides);
      const [weight, bias] = [wholes(C * N, run, 2), wholes(N, run, 9)];
      const between = y.map((sum) => Math.min(Math.max(sum, 0), 6));
      return {
        inputs: { x, kernel, shift, weight, bias },
        output: convolved(between, weight, bias, [H, W, C, N, 1]),
      };
    },
    tolerance: 0,
  };
}
