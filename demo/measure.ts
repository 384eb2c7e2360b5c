import type { Spot } from './probe.js';

/** Distance of two places of a picture in space, in the unit of their distances along the camera's axis. */
export function distanceBetween(
  a: Spot & { readonly z: number },
  b: Spot & { readonly z: number },
  { angle, aspect }: { readonly angle: number; readonly aspect: number },
): number {
  // Of a picture that is seen from a distance of 1.
  const width = 2 * Math.tan((angle * Math.PI) / 360);
  const x = (({ u, z }: typeof a) => (u - 0.5) * width * z) as (at: typeof a) => number;
  const y = (({ v, z }: typeof a) => ((v - 0.5) * width * z) / aspect) as (at: typeof a) => number;
  return Math.hypot(x(a) - x(b), y(a) - y(b), a.z - b.z);
}
