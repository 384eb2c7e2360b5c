/** Arithmetic mean; NaN of nothing. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Infinity and -Infinity of nothing. */
export function extremes(values: ArrayLike<number>): readonly [least: number, most: number] {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i] as number);
    most = Math.max(most, values[i] as number);
  }
  return [least, most];
}

/** The values of the known pixels. */
export function knownOf(values: Float64Array, known: Uint8Array): Float64Array {
  let count = 0;
  const found = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) if (known[i]) found[count++] = values[i] as number;
  return found.slice(0, count);
}

/** A sorted copy. */
export function ascending(values: Float64Array): Float64Array {
  return values.slice().sort();
}

/** Value below which `share` of sorted values lie, linearly between neighbours as numpy.percentile has it. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

/** `quantile` of values that are not sorted, which this puts into another order; NaN of nothing. Quickselect. */
export function lowQuantile(values: Float64Array, share: number): number {
  const place = share * (values.length - 1);
  const below = Math.floor(place);
  let [left, right] = [0, values.length - 1];
  while (left < right) {
    const pivot = values[(left + right) >>> 1] as number;
    let [i, j] = [left, right];
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      [values[i], values[j]] = [values[j] as number, values[i] as number];
      i++;
      j--;
    }
    if (below <= j) right = j;
    else if (below >= i) left = i;
    else break;
  }
  const low = values[below] ?? NaN;
  // All behind it are as large or larger.
  let high = values[below + 1] ?? low;
  for (let i = below + 1; i < values.length; i++) high = Math.min(high, values[i] as number);
  return low + (high - low) * (place - below);
}

/** Ranks from 0 of values that are given sorted too; equal values share the mean of theirs. */
export function ranks(values: Float64Array, sorted: Float64Array): Float64Array {
  const shared = new Float64Array(sorted.length);
  for (let first = 0, next = 0; first < sorted.length; first = next) {
    while (next < sorted.length && sorted[next] === sorted[first]) next++;
    shared[first] = (first + next - 1) / 2;
  }
  return values.map((value) => shared[firstNotBelow(sorted, value)] as number);
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
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
