/** Arithmetic mean; NaN of nothing. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Value below which `share` of the values lie, linearly between neighbours as numpy.percentile has it. */
export function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

/** Ranks from 0; equal values share the mean of theirs. */
export function ranks(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  return values.map((value) => (firstNotBelow(sorted, value) + firstAbove(sorted, value) - 1) / 2);
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  return bisect(sorted.length, (i) => (sorted[i] as number) >= value);
}

function firstAbove(sorted: Float64Array, value: number): number {
  return bisect(sorted.length, (i) => (sorted[i] as number) > value);
}

/** The first index from which on `holds` is true. */
function bisect(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Pearson's correlation; 0 where either side is constant. */
export function correlation(a: Float64Array, b: Float64Array): number {
  const { varianceA, varianceB, covariance } = moments(a, b);
  return varianceA > 0 && varianceB > 0 ? covariance / Math.sqrt(varianceA * varianceB) : 0;
}

/** Scale and shift for which scale * a + shift is nearest to b in the sum of squares; scale 0 where `a` is constant. */
export function lineThrough(a: Float64Array, b: Float64Array): { scale: number; shift: number } {
  const { meanA, meanB, varianceA, covariance } = moments(a, b);
  const scale = varianceA > 0 ? covariance / varianceA : 0;
  return { scale, shift: meanB - scale * meanA };
}

function moments(a: Float64Array, b: Float64Array) {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [varianceA, varianceB, covariance] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - meanA, (b[i] as number) - meanB];
    varianceA += x * x;
    varianceB += y * y;
    covariance += x * y;
  }
  return { meanA, meanB, varianceA, varianceB, covariance };
}
