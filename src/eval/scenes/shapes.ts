import { add, dot, minus, times, turned, unit, type Vec } from './vector.js';

/** Where a ray meets a shape: `distance` of its directions away, at u and v of the surface. */
export interface Hit {
  readonly distance: number;
  readonly normal: Vec;
  /** In metres, or from -1 to 1 on a sheet. */
  readonly u: number;
  readonly v: number;
}

/** The first hit of a ray beyond a short distance. */
export type Shape = (from: Vec, along: Vec) => Hit | undefined;

/** Nearer hits are those of the surface that a ray starts at. */
const NEAREST = 1e-4;

/** Whether a ray passes a ball by: most rays do, and this costs the least. */
function passes(from: Vec, along: Vec, center: Vec, radius: number): boolean {
  const [x, y, z] = [center[0] - from[0], center[1] - from[1], center[2] - from[2]];
  const ahead = x * along[0] + y * along[1] + z * along[2];
  const squared = x * x + y * y + z * z - radius * radius;
  if (squared <= 0) return false;
  return ahead <= 0 || ahead * ahead < squared * dot(along, along);
}

/** A sheet about a point, to both sides by `right` and `up`; round where asked for. */
export function sheet(center: Vec, right: Vec, up: Vec, round = false): Shape {
  const normal = unit([
    right[1] * up[2] - right[2] * up[1],
    right[2] * up[0] - right[0] * up[2],
    right[0] * up[1] - right[1] * up[0],
  ]);
  return (from, along) => {
    const facing = dot(along, normal);
    if (Math.abs(facing) < 1e-12) return undefined;
    const distance = dot(minus(center, from), normal) / facing;
    if (distance < NEAREST) return undefined;
    const at = minus(add(from, times(along, distance)), center);
    const [u, v] = [dot(at, right) / dot(right, right), dot(at, up) / dot(up, up)];
    if (round ? u * u + v * v > 1 : Math.abs(u) > 1 || Math.abs(v) > 1) return undefined;
    return { distance, normal: facing < 0 ? normal : times(normal, -1), u, v };
  };
}

/** The ground y = 0, without an end; u and v are x and z. */
export const ground: Shape = (from, along) => {
  const distance = -from[1] / along[1];
  if (!(distance > NEAREST && distance < 1e4)) return undefined;
  const [u, , v] = add(from, times(along, distance));
  return { distance, normal: [0, 1, 0], u, v };
};

/** A box about a point, turned about the vertical. */
export function box(center: Vec, half: Vec, angle = 0): Shape {
  const radius = Math.hypot(...half);
  return (from, along) => {
    if (passes(from, along, center, radius)) return undefined;
    const [o, d] = [turned(minus(from, center), -angle), turned(along, -angle)];
    let [near, far, side] = [-Infinity, Infinity, 0];
    for (const i of [0, 1, 2] as const) {
      const k = 1 / (Math.abs(d[i]) > 1e-12 ? d[i] : 1e-12);
      const [a, b] = [(-half[i] - o[i]) * k, (half[i] - o[i]) * k];
      if (Math.min(a, b) > near) [near, side] = [Math.min(a, b), i];
      far = Math.min(far, Math.max(a, b));
    }
    if (near > far || near < NEAREST) return undefined;
    const at = add(o, times(d, near));
    const normal: [number, number, number] = [0, 0, 0];
    normal[side] = -Math.sign(d[side] as number);
    const [u, v] = side === 0 ? [at[2], at[1]] : side === 1 ? [at[0], at[2]] : [at[0], at[1]];
    return { distance: near, normal: turned(normal, angle), u, v };
  };
}

export function sphere(center: Vec, radius: number): Shape {
  return (from, along) => {
    if (passes(from, along, center, radius)) return undefined;
    const o = minus(from, center);
    const [a, b, c] = [dot(along, along), dot(o, along), dot(o, o) - radius * radius];
    const root = b * b - a * c;
    const distance = (-b - Math.sqrt(root)) / a;
    if (!(root >= 0 && distance > NEAREST)) return undefined;
    const normal = unit(add(o, times(along, distance)));
    return { distance, normal, u: Math.atan2(normal[0], normal[2]) * radius, v: normal[1] * radius };
  };
}

/** A standing cylinder without ends, about the middle of its axis. */
export function pole(center: Vec, radius: number, half: number): Shape {
  const reach = Math.hypot(radius, half);
  return (from, along) => {
    if (passes(from, along, center, reach)) return undefined;
    const [x, y, z] = minus(from, center);
    const a = along[0] ** 2 + along[2] ** 2;
    const b = x * along[0] + z * along[2];
    const root = b * b - a * (x * x + z * z - radius * radius);
    const distance = (-b - Math.sqrt(root)) / a;
    const v = y + distance * along[1];
    if (!(root >= 0 && distance > NEAREST && Math.abs(v) <= half)) return undefined;
    const normal = unit([x + distance * along[0], 0, z + distance * along[2]]);
    return { distance, normal, u: Math.atan2(normal[0], normal[2]) * radius, v };
  };
}
