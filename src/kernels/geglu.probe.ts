import type { DType } from '../tensor.js';
import type { Probe, Probes } from './probe.js';

interface Attrs {
  readonly out?: DType;
}

/** What all gates are above: there GELU changes nothing. */
const OPEN = 1000;

export const gegluProbes: Probes<Attrs> = (storage) => [gated(storage, 33, 40, 12), gated(storage, 65, 64, 128)];

/** Whole numbers from -spread to spread, which change with the run. */
function wholes(count: number, run: number, spread: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((7 * i + 5 * run + (i >> 3)) % (2 * spread + 1)) - spread);
}

/** Values times gates that are open: products of whole numbers. */
function gated(dtype: DType, M: number, K: number, N: number): Probe<Attrs> {
  const columns = 2 * N;
  const answer = (run: number) => {
    const [x, weight] = [wholes(M * K, run, 3), wholes(K * columns, run + 1, 2)];
    const bias = wholes(columns, run, 9).map((value, i) => (i % 4 < 2 ? value : value + OPEN));
    const sum = (m: number, column: number) => {
      let total = bias[column] as number;
      for (let k = 0; k < K; k++) total += (x[m * K + k] as number) * (weight[k * columns + column] as number);
      return total;
    };
    const output = Float32Array.from({ length: M * N }, (_, i) => {
      const [m, n] = [Math.floor(i / N), i % N];
      const column = 4 * (n >> 1) + (n & 1);
      return sum(m, column) * sum(m, column + 2);
    });
    return { inputs: { x, weight, bias }, output };
  };
  const inputs = {
    x: { dtype, shape: [M, K] },
    weight: { dtype, shape: [K, columns] },
    bias: { dtype: 'f32', shape: [columns] },
  } as const;
  return { inputs, attrs: { out: 'f32' }, answer, tolerance: 0 };
}
