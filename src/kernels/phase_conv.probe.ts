import type { DType } from '../tensor.js';
import { products, type Probe, type Probes } from './probe.js';

interface Attrs {
  readonly out?: DType;
}

export const phaseConvProbes: Probes<Attrs> = (storage) => [
  phases(storage, [7, 9, 8, 12]),
  phases(storage, [9, 18, 8, 36]),
  phases(storage, [5, 6, 128, 8]),
];

/** Whole numbers convolved to four pixels for each of H×W, of N channels. */
function phases(dtype: DType, [H, W, C, N]: readonly [number, number, number, number]): Probe<Attrs> {
  const answer = (run: number) => {
    const { x, weight, bias, y } = products(run, [H, W, C, 4 * N, 3]);
    // That of a pixel is the same for its four.
    const sum = (pixel: number, phase: number, n: number) => {
      const column = phase * N + n;
      return (y[pixel * 4 * N + column] as number) - (bias[column] as number) + (bias[n] as number);
    };
    const output = Float32Array.from({ length: 4 * H * W * N }, (_, i) => {
      const [n, ox, oy] = [i % N, Math.floor(i / N) % (2 * W), Math.floor(i / N / (2 * W))];
      return sum((oy >> 1) * W + (ox >> 1), 2 * (oy % 2) + (ox % 2), n);
    });
    return { inputs: { x, weight, bias: bias.subarray(0, N) }, output };
  };
  const inputs = {
    x: { dtype, shape: [H, W, C] },
    weight: { dtype, shape: [3, 3, C, 4 * N] },
    bias: { dtype: 'f32', shape: [N] },
  } as const;
  return { inputs, attrs: { out: 'f32' }, answer, tolerance: 0 };
}
