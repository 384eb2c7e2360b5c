import type { TensorType } from '../tensor.js';
import type { GegluAttrs } from './geglu.js';
import { convolved, wholes, type Probe, type Probes } from './probe.js';

/** What all gates are above: there GELU changes nothing. */
const OPEN = 1000;

export const gegluProbes: Probes<GegluAttrs> = (storage) => [gated(storage, 33, 40, 12), gated(storage, 65, 64, 128)];

/** Values times gates that are open: products of whole numbers. */
function gated(dtype: TensorType['dtype'], M: number, K: number, N: number): Probe<GegluAttrs> {
  const columns = 2 * N;
  return {
    inputs: {
      x: { dtype, shape: [M, K] },
      weight: { dtype, shape: [K, columns] },
      bias: { dtype: 'f32', shape: [columns] },
    },
    attrs: { out: 'f32' },
    answer: (run) => {
      const [x, weight] = [wholes(M * K, run, 3), wholes(K * columns, run + 1, 2)];
      const bias = wholes(columns, run, 9).map((value, i) => (i % 4 < 2 ? value : value + OPEN));
      const sums = convolved(x, weight, bias, [M, 1, K, columns, 1]);
      const at = (i: number) => 4 * (i >> 1) + (i & 1);
      const output = Float32Array.from(
        { length: M * N },
        (_, i) => (sums[at(i)] as number) * (sums[at(i) + 2] as number),
      );
      return { inputs: { x, weight, bias }, output };
    },
    tolerance: 0,
  };
}
