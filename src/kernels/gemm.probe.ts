import type { TensorType } from '../tensor.js';
import type { GemmAttrs, PatchEmbedAttrs, TransposedConvAttrs } from './gemm.js';
import { convolved, products, wholes, type Probe, type Probes } from './probe.js';

type Storage = 'f32' | 'f16';
const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

export const gemmProbes: Probes<GemmAttrs> = (storage) => [
  productOf(storage, 33, 40, 24),
  productOf(storage, 65, 24, 128),
  productOf(storage, 33, 256, 24),
];
export const transposedConvProbes: Probes<TransposedConvAttrs> = (storage) => [
  shuffled(storage, [5, 7], 24, 3, 4),
  shuffled(storage, [9, 8], 40, 2, 36),
];
export const patchEmbedProbes: Probes<PatchEmbedAttrs> = (storage) => [
  patches(storage, [3, 5], 2, 12),
  patches(storage, [8, 9], 4, 128),
];

function productOf(dtype: Storage, M: number, K: number, N: number): Probe<GemmAttrs> {
  return {
    inputs: { x: { dtype, shape: [M, K] }, weight: { dtype, shape: [K, N] }, bias: f32(N) },
    attrs: { out: 'f32' },
    answer: (run) => {
      const { y: output, ...inputs } = products(run, [M, 1, K, N, 1]);
      return { inputs, output };
    },
    tolerance: 0,
  };
}

/** A product whose columns go to S×S pixels of N channels. */
function shuffled(
  dtype: Storage,
  [H, W]: readonly [number, number],
  C: number,
  S: number,
  N: number,
): Probe<TransposedConvAttrs> {
  const columns = S * S * N;
  const answer = (run: number) => {
    const bias = wholes(N, run, 9);
    const { x, weight, bias: added, y } = products(run, [H * W, 1, C, columns, 1]);
    const output = new Float32Array(H * W * columns);
    y.forEach((value, i) => {
      const [pixel, column] = [Math.floor(i / columns), i % columns];
      const [row, dy] = [Math.floor(pixel / W), Math.floor(column / N / S)];
      const [place, n] = [(pixel % W) * S + (Math.floor(column / N) % S), column % N];
      output[((row * S + dy) * W * S + place) * N + n] = value - (added[column] as number) + (bias[n] as number);
    });
    return { inputs: { x, weight, bias }, output };
  };
  return {
    inputs: { x: { dtype, shape: [H, W, C] }, weight: { dtype, shape: [C, columns] }, bias: f32(N) },
    attrs: { out: 'f32', stride: S },
    answer,
    tolerance: 0,
  };
}

/** A product of patches of P×P pixels, and a row of the table alone for the class token. */
function patches(dtype: Storage, [GH, GW]: readonly [number, number], P: number, C: number): Probe<PatchEmbedAttrs> {
  const [K, W] = [4 * P * P, GW * P];
  const answer = (run: number) => {
    const x = wholes(4 * GH * P * W, run, 3, true).map((value, i) => (i % 4 === 3 ? 0 : value));
    const rows = Float32Array.from({ length: GH * GW * K }, (_, i) => {
      const [patch, k] = [Math.floor(i / K), i % K];
      const row = Math.floor(patch / GW) * P + Math.floor(k / 4 / P);
      const column = (patch % GW) * P + (Math.floor(k / 4) % P);
      return x[4 * (row * W + column) + (k % 4)] as number;
    });
    const [weight, bias] = [wholes(K * C, run + 1, 2), wholes(C, run, 9)];
    const residual = wholes((1 + GH * GW) * C, run, 9);
    const tokens = [...bias, ...convolved(rows, weight, bias, [GH * GW, 1, K, C, 1])];
    return {
      inputs: { x, weight, bias, residual },
      output: Float32Array.from(tokens, (value, i) => value + (residual[i] as number)),
    };
  };
  return {
    inputs: { x: f32(GH * P, W, 4), weight: { dtype, shape: [K, C] }, bias: f32(C), residual: f32(1 + GH * GW, C) },
    attrs: { patch: P },
    answer,
    tolerance: 0,
  };
}
