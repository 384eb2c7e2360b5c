import { padding, type ConvAttrs } from './conv2d.js';
import { products, type Probe, type Probes } from './probe.js';

export const conv2dProbes: Probes<ConvAttrs> = (storage) => [
  windows(storage, [7, 9, 8, 12]),
  windows(storage, [9, 18, 8, 36]),
];

/** A convolution with windows of 3×3 that touch. */
function windows(dtype: 'f32' | 'f16', [H, W, C, N]: readonly [number, number, number, number]): Probe<ConvAttrs> {
  return {
    inputs: {
      x: { dtype, shape: [H, W, C] },
      weight: { dtype, shape: [3, 3, C, N] },
      bias: { dtype: 'f32', shape: [N] },
    },
    attrs: { stride: 1, pad: padding(1), out: 'f32' },
    answer: (run) => {
      const { y: output, ...inputs } = products(run, [H, W, C, N, 3]);
      return { inputs, output };
    },
    tolerance: 0,
  };
}
