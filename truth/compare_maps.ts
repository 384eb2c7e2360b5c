/** Distance of two maps in units of the expected one's range. */
export interface MapError {
  readonly max: number;
  readonly mean: number;
}

/** Compares two maps; constant or non-finite ones, and those of other lengths, are infinitely far. */
export function compareMaps(actual: ArrayLike<number>, expected: ArrayLike<number>): MapError {
  let [min, max, sum, farthest] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    min = Math.min(min, expected[i] as number);
    max = Math.max(max, expected[i] as number);
    const distance = Math.abs((actual[i] as number) - (expected[i] as number));
    sum += distance;
    farthest = Math.max(farthest, Number.isFinite(distance) ? distance : Infinity);
  }
  if (actual.length !== expected.length || !(max > min) || farthest === Infinity)
    return { max: Infinity, mean: Infinity };
  return { max: farthest / (max - min), mean: sum / expected.length / (max - min) };
}
