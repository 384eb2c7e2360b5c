import type { LayerNormAttrs } from './layer_norm.js';
import { wholes, type Probes } from './probe.js';

const [T, C] = [5, 40];

/** Rows of mean ± spread, half of each: normalised, they are ±1. The squares of the spreads do not fit in f16. */
export const layerNormProbes: Probes<LayerNormAttrs> = () => [
  {
    inputs: {
      x: { dtype: 'f32', shape: [T, C] },
      gamma: { dtype: 'f32', shape: [C] },
      beta: { dtype: 'f32', shape: [C] },
    },
    attrs: { eps: 1e-6, out: 'f32' },
    answer: (run) => {
      const [gamma, beta] = [wholes(C, run, 4), wholes(C, run + 1, 4)];
      const side = (i: number) => ((i + run) % 2 ? -1 : 1);
      const x = Float32Array.from(
        { length: T * C },
        (_, i) => 100 * (Math.floor(i / C) - run) + side(i) * (300 + 125 * Math.floor(i / C)),
      );
      const output = x.map((_, i) => side(i) * (gamma[i % C] as number) + (beta[i % C] as number));
      return { inputs: { x, gamma, beta }, output };
    },
    tolerance: 1e-4,
  },
];
