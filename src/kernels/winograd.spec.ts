import type { Expected, Tensors } from './spec.js';

/** Magnitudes of Bᵀ (inputs), G (weights) and Aᵀ (sums) of F(2,3), arXiv 1509.09308 section 4.1. */
const INPUT = [
  [1, 0, 1, 0],
  [0, 1, 1, 0],
  [0, 1, 1, 0],
  [0, 1, 0, 1],
] as const;
const WEIGHT = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, 0.5, 0.5],
  [0, 0, 1],
] as const;
const SUM = [
  [1, 1, 1, 0],
  [0, 1, 1, 1],
] as const;

/**
 * Scale of the rounding errors of Winograd's F(2×2,3×3), [OH,OW,N]: |Aᵀ|·[(|G|·|g|·|Gᵀ|) ⊙ (|Bᵀ|·|d|·|B|)]·|A|, summed
 * over the input channels. It is at least that of the plain sum, and far above it where a large value meets a small
 * weight.
 */
export function winogradMagnitude(
  x: Expected,
  weight: Tensors[string],
  { shape }: Expected,
  pad: { readonly top: number; readonly left: number },
): Float64Array {
  const [OH, OW, N] = shape as [number, number, number];
  const C = x.shape[2] as number;
  const magnitude = new Float64Array(OH * OW * N);
  const weights = Array.from({ length: C * N }, (_, cn) => {
    const at = (ky: number, kx: number) => Math.abs(weight.data[(ky * 3 + kx) * C * N + cn] as number);
    return both(WEIGHT, 3, at);
  });
  for (let y = 0; y < OH; y += 2) {
    for (let x0 = 0; x0 < OW; x0 += 2) {
      for (let c = 0; c < C; c++) {
        const inputs = both(INPUT, 4, (dy, dx) => pixelMagnitude(x, y + dy - pad.top, x0 + dx - pad.left, c));
        for (let n = 0; n < N; n++)
          addTile(
            magnitude,
            shape,
            [y, x0, n],
            inputs.map((value, i) => value * (weights[c * N + n]?.[i] as number)),
          );
      }
    }
  }
  return magnitude;
}

function pixelMagnitude({ shape, magnitude }: Expected, iy: number, ix: number, c: number): number {
  const [H, W, C] = shape as [number, number, number];
  return iy < 0 || iy >= H || ix < 0 || ix >= W ? 0 : (magnitude[(iy * W + ix) * C + c] as number);
}

/** M·v·Mᵀ, [4,4], of a square of values. */
function both(
  matrix: readonly (readonly number[])[],
  side: number,
  value: (y: number, x: number) => number,
): Float64Array {
  const result = new Float64Array(16);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      for (let k = 0; k < side * side; k++) {
        const [y, x] = [Math.floor(k / side), k % side];
        result[4 * i + j] =
          (result[4 * i + j] as number) + (matrix[i]?.[y] as number) * (matrix[j]?.[x] as number) * value(y, x);
      }
    }
  }
  return result;
}

/** Adds |Aᵀ|·m·|A| to the outputs of one tile. */
function addTile(
  magnitude: Float64Array,
  shape: readonly number[],
  [y, x, n]: readonly [number, number, number],
  products: Float64Array,
): void {
  const [OH, OW, N] = shape as [number, number, number];
  for (let a = 0; a < Math.min(2, OH - y); a++) {
    for (let b = 0; b < Math.min(2, OW - x); b++) {
      let sum = 0;
      for (let i = 0; i < 16; i++)
        sum += (products[i] as number) * (SUM[a]?.[Math.floor(i / 4)] as number) * (SUM[b]?.[i % 4] as number);
      const at = ((y + a) * OW + x + b) * N + n;
      magnitude[at] = (magnitude[at] as number) + sum;
    }
  }
}
