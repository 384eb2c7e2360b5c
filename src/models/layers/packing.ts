import type { Recipe, StoredTensor } from '../../graph/graph.js';

/** What a layout needs to know where a BatchNorm is folded in. */
export interface LayoutParams {
  readonly eps?: number;
  readonly [name: string]: number;
}

/**
 * The layout of a weight whose first dimension in the file is its output channels. Where the scale and the variance of
 * a BatchNorm follow the weight, that is folded in first: weight · gamma / sqrt(var + eps), in f64.
 */
function layout(
  name: string,
  pack: (values: Float32Array, from: readonly number[], to: readonly number[]) => Float32Array,
): Recipe<LayoutParams> {
  return {
    name,
    pack([weight, gamma, variance], to, { eps = 0 }) {
      const { values, shape } = weight as StoredTensor;
      if (!gamma || !variance) return pack(values, shape, to);
      const scale = Float64Array.from(gamma.values, (g, i) => g / Math.sqrt((variance.values[i] as number) + eps));
      const each = values.length / scale.length;
      return pack(
        values.map((v, i) => v * (scale[Math.floor(i / each)] as number)),
        shape,
        to,
      );
    },
  };
}

/** [N,K] → [K,N]. */
function packLinear(values: Float32Array, N: number, K: number): Float32Array {
  const packed = new Float32Array(K * N);
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) packed[k * N + n] = values[n * K + k] as number;
  return packed;
}

/** [N,C,KH,KW] of `taps` = KH·KW → [KH,KW,P,N], zero for the channels from C up to P that the map only carries. */
export function packConv(values: Float32Array, N: number, C: number, taps: number, P: number): Float32Array {
  const packed = new Float32Array(taps * P * N);
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) {
      for (let t = 0; t < taps; t++) packed[(t * P + c) * N + n] = values[(n * C + c) * taps + t] as number;
    }
  }
  return packed;
}

/** [N,K] or [N,K,1,1] → [K,N]. */
export const linearLayout = layout('linear', (values, [N = 0, K = 0]) => packLinear(values, N, K));

/** Columns from `from` on of [N,·] or [N,·,1,1], as many as the shape [K,N] has rows. */
export const linearColumns: Recipe<{ readonly from: number }> = {
  name: 'linear columns',
  pack([weight], [K = 0, N = 0], { from }) {
    const { values, shape } = weight as StoredTensor;
    const width = shape[1] as number;
    const packed = new Float32Array(K * N);
    for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) packed[k * N + n] = values[n * width + from + k] as number;
    return packed;
  },
};

/** [C,1,K,K] → [K,K,C]. */
export const depthwiseLayout = layout('depthwise', (values, [C = 0]) => packLinear(values, C, values.length / C));

/** [N,C,KH,KW] → [KH,KW,P,N], zero for the channels from C up to P that the map only carries. */
export const convLayout = layout('conv', (values, [N = 0, C = 0, KH = 0, KW = 0], to) =>
  packConv(values, N, C, KH * KW, to.at(-2) as number),
);

/** [N,C,S,S] → [S·S·P,N], as `convLayout`, for a picture of P channels. */
export const patchLayout = layout('patches', (values, [N = 0, C = 0, KH = 0, KW = 0], [rows = 0]) =>
  packConv(values, N, C, KH * KW, rows / KH / KW),
);

/** [C,N,S,S] → [C, S·S·N], columns ordered (dy, dx, n). */
export const transposedLayout: Recipe<LayoutParams> = {
  name: 'transposed conv',
  pack([weight]) {
    const { values, shape } = weight as StoredTensor;
    const [C = 0, N = 0, S = 0] = shape;
    const packed = new Float32Array(values.length);
    const taps = S * S;
    for (let c = 0; c < C; c++) {
      for (let n = 0; n < N; n++) {
        for (let t = 0; t < taps; t++) packed[(c * taps + t) * N + n] = values[(c * N + n) * taps + t] as number;
      }
    }
    return packed;
  },
};
