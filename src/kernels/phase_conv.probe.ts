import type { DType } from '../tensor.js';
import type { Probe, Probes } from './probe.js';

interface Attrs {
  readonly out?: DType;
}

/** H×W pixels of C channels, and four of N channels for each. */
type Sizes = readonly [H: number, W: number, C: number, N: number];

export const phaseConvProbes: Probes<Attrs> = (storage) => [
  phases(storage, [7, 9, 8, 12]),
  phases(storage, [9, 18, 8, 36]),
  phases(storage, [5, 6, 128, 8]),
];

/** Whole numbers from -spread to spread, which change with the run. */
function wholes(count: number, run: number, spread: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((7 * i + 5 * run + (i >> 3)) % (2 * spread + 1)) - spread);
}

/** A convolution of whole numbers. */
function phases(dtype: DType, [H, W, C, N]: Sizes): Probe<Attrs> {
  const answer = (run: number) => {
    const [x, weight, bias] = [wholes(H * W * C, run, 3), wholes(36 * C * N, run + 1, 2), wholes(N, run, 9)];
    const output = Float32Array.from({ length: 4 * H * W * N }, (_, i) => {
      const [n, ox, oy] = [i % N, Math.floor(i / N) % (2 * W), Math.floor(i / N / (2 * W))];
      const column = (2 * (oy % 2) + (ox % 2)) * N + n;
      let sum = bias[n] as number;
      for (let tap = 0; tap < 9; tap++) {
        const [sy, sx] = [(oy >> 1) + Math.floor(tap / 3) - 1, (ox >> 1) + (tap % 3) - 1];
        if (sy < 0 || sx < 0 || sy >= H || sx >= W) continue;
        for (let c = 0; c < C; c++)
          sum += (x[(sy * W + sx) * C + c] as number) * (weight[(tap * C + c) * 4 * N + column] as number);
      }
      return sum;
    });
    return { inputs: { x, weight, bias }, output };
  };
  const inputs = {
    x: { dtype, shape: [H, W, C] },
    weight: { dtype, shape: [3, 3, C, 4 * N] },
    bias: { dtype: 'f32', shape: [N] },
  } as const;
  return { inputs, attrs: { out: 'f32' }, answer, tolerance: 0 };
}
