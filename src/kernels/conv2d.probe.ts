import { padding, type ConvAttrs, type UpsampledConvAttrs } from './conv2d.js';
import type { TensorType } from '../tensor.js';
import { products, type Probe, type Probes } from './probe.js';

export const conv2dProbes: Probes<ConvAttrs> = (storage) => [
  windows(storage, [7, 9, 8, 12]),
  windows(storage, [9, 18, 8, 36]),
  windows(storage, [5, 6, 128, 8]),
];

export const upsampledConvProbes: Probes<UpsampledConvAttrs> = (storage) => [
  unresized(windows(storage, [7, 9, 8, 12])),
  unresized(windows(storage, [9, 18, 8, 36])),
  unresized(windows(storage, [5, 6, 128, 8])),
];

/** The same of a map that is resized to its own sides, which changes no value. */
function unresized({ inputs, answer, tolerance }: Probe<ConvAttrs>): Probe<UpsampledConvAttrs> {
  const { x: low, weight, bias } = inputs as Record<'x' | 'weight' | 'bias', TensorType>;
  return {
    inputs: { low, weight, bias },
    attrs: { size: low.shape.slice(0, 2) as unknown as [number, number], alignCorners: true, out: 'f32' },
    answer: (run) => {
      const { inputs: values, output } = answer(run);
      const { x, ...others } = values as Record<'x' | 'weight' | 'bias', Float32Array>;
      return { inputs: { low: x, ...others }, output };
    },
    tolerance,
  };
}

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
