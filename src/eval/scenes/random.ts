/** Seeded uniform numbers in [0,1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => hashed((state = (state + 0x6d2b79f5) | 0));
}

/** A number in [0,1) of a whole one: the rounds of mulberry32. */
export function hashed(counter: number): number {
  let x = Math.imul(counter ^ (counter >>> 15), counter | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}

/** The same of the cell of a grid. */
export function hashedCell(u: number, v: number, seed: number): number {
  return hashed(Math.imul(Math.floor(u), 73856093) ^ Math.imul(Math.floor(v), 19349663) ^ seed);
}

/** Smooth noise in 0…1 with features of the size 1. */
export function noise(u: number, v: number, seed: number): number {
  const [a, b] = [u - Math.floor(u), v - Math.floor(v)];
  const [s, t] = [a * a * (3 - 2 * a), b * b * (3 - 2 * b)];
  const at = (i: number, j: number) => hashedCell(u + i, v + j, seed);
  return (at(0, 0) * (1 - s) + at(1, 0) * s) * (1 - t) + (at(0, 1) * (1 - s) + at(1, 1) * s) * t;
}

/** Sum of noises of half the size and weight each, in 0…1. */
export function roughness(u: number, v: number, seed: number): number {
  return (4 * noise(u, v, seed) + 2 * noise(2 * u, 2 * v, seed + 1) + noise(4 * u, 4 * v, seed + 2)) / 7;
}
