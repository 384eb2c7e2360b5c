import type { Recipe } from '../../graph/graph.js';
import { packConv } from './packing.js';

/**
 * Linear layers that follow each other without anything between, composed into one when the weights are loaded: in f64,
 * rounded once. All weights are as in the file, output channels first.
 */

/**
 * A 1×1 layer [N,M] behind a convolution [M,C,KH,KW] of `rest` = C·KH·KW weights an output: one convolution
 * [N,C,KH,KW].
 */
export function linearAfterConv(linear: Float32Array, conv: Float32Array, rest: number): Float32Array {
  const M = conv.length / rest;
  const N = linear.length / M;
  const composed = new Float32Array(N * rest);
  const row = new Float64Array(rest);
  for (let n = 0; n < N; n++) {
    row.fill(0);
    for (let m = 0; m < M; m++) {
      const factor = linear[n * M + m] as number;
      for (let i = 0, at = m * rest; i < rest; i++, at++) row[i] = (row[i] as number) + factor * (conv[at] as number);
    }
    composed.set(row, n * rest);
  }
  return composed;
}

/** A convolution [N,M,KH,KW] of `taps` = KH·KW behind a 1×1 layer [M,C]: one convolution [N,C,KH,KW]. */
export function convAfterLinear(conv: Float32Array, linear: Float32Array, M: number, taps: number): Float32Array {
  const C = linear.length / M;
  const N = conv.length / M / taps;
  const composed = new Float32Array(N * C * taps);
  const sums = new Float64Array(C * taps);
  for (let n = 0; n < N; n++) {
    sums.fill(0);
    for (let m = 0; m < M; m++) {
      for (let c = 0; c < C; c++) {
        const factor = linear[m * C + c] as number;
        for (let t = 0; t < taps; t++)
          sums[c * taps + t] = (sums[c * taps + t] as number) + factor * (conv[(n * M + m) * taps + t] as number);
      }
    }
    composed.set(sums, n * C * taps);
  }
  return composed;
}

/** Bias [N] of a 1×1 layer [N,M] applied to the bias [M] of what it follows, without its own. */
export function biasThrough(linear: Float32Array, bias: Float32Array): Float32Array {
  return linearAfterConv(linear, bias, 1);
}

/**
 * Biases [9,N] of a 3×3 convolution [N,M,3,3] with zero padding 1 of a map that has the bias `inner` [M], as
 * `store_border.wgsl` numbers them: at the border the padding has no bias.
 */
export function borderBias(conv: Float32Array, inner: Float32Array, bias: Float32Array): Float32Array {
  const [M, N] = [inner.length, bias.length];
  const table = new Float32Array(9 * N);
  for (let place = 0; place < 9; place++) {
    const [row, column] = [Math.floor(place / 3), place % 3];
    for (let n = 0; n < N; n++) {
      let sum = bias[n] as number;
      for (let t = 0; t < 9; t++) {
        const [ky, kx] = [Math.floor(t / 3), t % 3];
        // The first row and column have no tap 0 inside the map, the last none of tap 2.
        if ((row !== 1 && ky === row) || (column !== 1 && kx === column)) continue;
        for (let m = 0; m < M; m++) sum += (conv[(n * M + m) * 9 + t] as number) * (inner[m] as number);
      }
      table[place * N + n] = sum;
    }
  }
  return table;
}

/** A constant made of two or three tensors of the file. */
function composed(
  name: string,
  pack: (shape: readonly number[], first: Float32Array, second: Float32Array, third: Float32Array) => Float32Array,
): Recipe {
  return {
    name,
    pack: (weights, shape) =>
      pack(shape, ...(weights.map(({ values }) => values) as [Float32Array, Float32Array, Float32Array])),
  };
}

/** Of a 1×1 layer [N,M,1,1] and the 3×3 convolution [M,C,3,3] before it: the weight [3,3,C,N]. */
export const linearBehindConv = composed('linear behind conv', ([, , C = 0, N = 0], linear, conv) =>
  packConv(linearAfterConv(linear, conv, 9 * C), N, C, 9, C),
);

/** Of a 1×1 layer [N,M,1,1] and the bias [M] of the convolution before it: the bias [N]. */
export const biasBehindConv = composed('bias through linear', (_, linear, bias) => biasThrough(linear, bias));

/** Of a 3×3 convolution [N,M,3,3] and the 1×1 layer [M,C,1,1] before it: the weight [3,3,C,N]. */
export const convBehindLinear = composed('conv behind linear', ([, , C = 0, N = 0], conv, linear) =>
  packConv(convAfterLinear(conv, linear, linear.length / C, 9), N, C, 9, C),
);

/** Of a 3×3 convolution, the bias of the 1×1 layer before it, and its own: the biases [9,N]. */
export const borderBiases = composed('border bias', (_, conv, inner, own) => borderBias(conv, inner, own));
