import { hashedCell, roughness } from './random.js';
import { mix, times, type Vec } from './vector.js';

/** Linear colour at a place of a surface. */
export type Material = (u: number, v: number) => Vec;

export const plain =
  (color: Vec): Material =>
  () =>
    color;

/** A colour that is lighter and darker in patches of a size. */
export const rough =
  (color: Vec, size: number, seed: number, amount = 0.5): Material =>
  (u, v) =>
    times(color, 1 + amount * (2 * roughness(u / size, v / size, seed) - 1));

/** Squares of two colours. */
export const tiles =
  (a: Vec, b: Vec, size: number): Material =>
  (u, v) =>
    (Math.floor(u / size) + Math.floor(v / size)) % 2 === 0 ? a : b;

/** Bricks with mortar. */
export const bricks =
  (color: Vec, width: number, height: number, seed: number): Material =>
  (u, v) => {
    const row = Math.floor(v / height);
    const at = u / width + (row % 2) / 2;
    const mortar = at - Math.floor(at) < 0.06 || v / height - row < 0.12;
    return mortar ? [0.5, 0.5, 0.48] : times(color, 0.7 + 0.6 * hashedCell(at, row, seed));
  };

/** A wall with rows of windows, some of them lit. */
export const windows =
  (wall: Vec, seed: number, lit = 0): Material =>
  (u, v) => {
    const [a, b] = [u / 1.6 - Math.floor(u / 1.6), v / 2.4 - Math.floor(v / 2.4)];
    if (a < 0.25 || a > 0.75 || b < 0.3 || b > 0.8) return times(wall, 0.85 + 0.3 * hashedCell(u * 3, v * 3, seed));
    const chance = hashedCell(u / 1.6, v / 2.4, seed);
    return chance < lit ? [1.2, 0.9, 0.45] : times([0.08, 0.1, 0.14], 0.5 + chance);
  };

/** Discs, stripes and squares of strong colours. */
export const loud =
  (seed: number): Material =>
  (u, v) => {
    const [x, y] = [Math.floor(u / 0.5), Math.floor(v / 0.5)];
    const pick = (salt: number): Vec => [
      hashedCell(x, y, seed + salt) ** 2,
      hashedCell(x, y, seed + salt + 1) ** 2,
      hashedCell(x, y, seed + salt + 2) ** 2,
    ];
    const [a, b] = [u / 0.5 - x - 0.5, v / 0.5 - y - 0.5];
    const kind = Math.floor(3 * hashedCell(x, y, seed));
    const inside = [a * a + b * b < 0.16, Math.floor(8 * (a + b)) % 2 === 0, Math.abs(a) < 0.25 && Math.abs(b) < 0.35];
    return inside[kind] ? pick(10) : pick(20);
  };

/** A picture on a sheet, RGBA bytes in encoded sRGB. */
export function printed({ width, height, data }: { width: number; height: number; data: Uint8Array }): Material {
  return (u, v) => {
    const x = Math.min(Math.max(Math.floor(((u + 1) / 2) * width), 0), width - 1);
    const y = Math.min(Math.max(Math.floor(((1 - v) / 2) * height), 0), height - 1);
    const at = 4 * (y * width + x);
    return [0, 1, 2].map((c) => ((data[at + c] as number) / 255) ** 2.2) as unknown as Vec;
  };
}

/** Lighter towards the horizon. */
export const gradient =
  (low: Vec, high: Vec) =>
  (up: number): Vec =>
    mix(low, high, Math.min(Math.max(up, 0), 1) ** 0.6);
