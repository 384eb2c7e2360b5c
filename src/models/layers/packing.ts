import type { Recipe, RecipeParams } from '../../graph/graph.js';

/**
 * The layout of a weight whose first dimension in the file is its N output channels. Where the scale and the variance of
 * a BatchNorm follow the weight, that is folded in first: weight · gamma / sqrt(var + eps), in f64.
 */
function layout<Params extends { readonly N: number }>(
  name: string,
  pack: (values: Float32Array, params: Params) => Float32Array,
): Recipe<Params & RecipeParams & { readonly eps?: number }> {
  return {
    name,
    pack([values, gamma, variance], params) {
      const weight = values as Float32Array;
      if (!gamma || !variance) return pack(weight, params);
      const scale = Float64Array.from(gamma, (g, i) => g / Math.sqrt((variance[i] as number) + (params.eps as number)));
      const each = weight.length / params.N;
      return pack(
        weight.map((v, i) => v * (scale[Math.floor(i / each)] as number)),
        params,
      );
    },
  };
}

/** [N,K] → [K,N]. */
export function packLinear(values: Float32Array, N: number, K: number): Float32Array {
  const packed = new Float32Array(K * N);
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) packed[k * N + n] = values[n * K + k] as number;
  return packed;
}

/** [N,C,KH,KW] → [KH,KW,P,N], zero for the channels from C up to P that the map only carries as padding. */
export function packConv(values: Float32Array, N: number, C: number, KH: number, KW: number, P: number): Float32Array {
  const packed = new Float32Array(KH * KW * P * N);
  const taps = KH * KW;
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) {
      for (let t = 0; t < taps; t++) packed[(t * P + c) * N + n] = values[(n * C + c) * taps + t] as number;
    }
  }
  return packed;
}

/** [C,1,K,K] → [K,K,C]. */
export function packDepthwise(values: Float32Array, C: number, K: number): Float32Array {
  return packLinear(values, C, K * K);
}

/** [C,N,S,S] → [C, S·S·N], columns ordered (dy, dx, n). */
export function packTransposedConv(values: Float32Array, C: number, N: number, S: number): Float32Array {
  const packed = new Float32Array(values.length);
  const taps = S * S;
  for (let c = 0; c < C; c++) {
    for (let n = 0; n < N; n++) {
      for (let t = 0; t < taps; t++) packed[(c * taps + t) * N + n] = values[(c * N + n) * taps + t] as number;
    }
  }
  return packed;
}

export const linearLayout = layout('linear', (values, { N, K }: { readonly N: number; readonly K: number }) =>
  packLinear(values, N, K),
);

export const depthwiseLayout = layout('depthwise', (values, { N, K }: { readonly N: number; readonly K: number }) =>
  packDepthwise(values, N, K),
);

/** Sizes as in `packConv`. */
export interface ConvSizes {
  readonly N: number;
  readonly C: number;
  readonly KH: number;
  readonly KW: number;
  readonly P: number;
}

export const convLayout = layout('conv', (values, { N, C, KH, KW, P }: ConvSizes) => packConv(values, N, C, KH, KW, P));

export const transposedLayout: Recipe<{ readonly C: number; readonly N: number; readonly S: number }> = {
  name: 'transposed conv',
  pack: ([values], { C, N, S }) => packTransposedConv(values as Float32Array, C, N, S),
};
