import type { TensorType } from '../tensor.js';

/** One application of an op whose result is known without its arithmetic. */
export interface Probe<Attrs = unknown> {
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly attrs: Attrs;
  /** Inputs and the f32 output of a run, which differ from run to run. */
  readonly answer: (run: number) => KnownAnswer;
  /** Name of the output that is compared; `y` when left out. */
  readonly output?: string;
  /** Largest error accepted, relative to a result of 1 or more. 0 where sums of whole numbers leave no room for any. */
  readonly tolerance: number;
}

/** Values of a probe. */
export interface KnownAnswer {
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly output: Float32Array;
}

/**
 * Probes of an op for kernels with `storage` as their storage type. The others than the first are of sizes for which
 * kernels are specialised otherwise, or take more than one tile.
 */
export type Probes<Attrs = unknown> = (storage: 'f32' | 'f16') => readonly [Probe<Attrs>, ...Probe<Attrs>[]];

/** Fits in f16, but not a sum of eight of them, and not its square: what is added up in f16 shows. */
const OUTLIER = 8192;

/** Small whole numbers that change with the run, some of them large: exact in f16, and so are their sums in f32. */
export function wholes(count: number, run: number, spread: number, outliers = false): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    outliers && (i + run) % 11 === 0
      ? i % 2
        ? -OUTLIER
        : OUTLIER
      : ((7 * i + 5 * run + (i >> 3)) % (2 * spread + 1)) - spread,
  );
}

/** Sides and channels of a convolution: H, W, C, N and the side S of its window. */
export type ConvDims = readonly [H: number, W: number, C: number, N: number, S: number];

/**
 * Whole numbers to convolve, outliers among x, and their exact result. Sums of sixteen products are exact in f16, or
 * beyond it where they have an outlier.
 */
export function products(run: number, dims: ConvDims): Record<'x' | 'weight' | 'bias' | 'y', Float32Array> {
  const [H, W, C, N, S] = dims;
  const [x, bias] = [wholes(H * W * C, run, 3, true), wholes(N, run, 9)];
  const weight = wholes(S * S * C * N, run + 1, 2).map((value) => 16 * value);
  return { x, weight, bias, y: convolved(x, weight, bias, dims) };
}

/** x[H,W,C] convolved with weight[S,S,C,N], padded by (S-1)/2, plus bias[N]; S = 1 is a product of matrices. */
export function convolved(
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  [H, W, C, N, S]: ConvDims,
): Float32Array {
  const half = (S - 1) / 2;
  return Float32Array.from({ length: H * W * N }, (_, i) => {
    const [n, px, py] = [i % N, Math.floor(i / N) % W, Math.floor(i / N / W)];
    let sum = bias[n] as number;
    for (let t = 0; t < S * S; t++) {
      const [sx, sy] = [px + (t % S) - half, py + Math.floor(t / S) - half];
      if (sx < 0 || sy < 0 || sx >= W || sy >= H) continue;
      for (let c = 0; c < C; c++) sum += (x[(sy * W + sx) * C + c] as number) * (weight[(t * C + c) * N + n] as number);
    }
    return sum;
  });
}
