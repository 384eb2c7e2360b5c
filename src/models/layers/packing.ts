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
