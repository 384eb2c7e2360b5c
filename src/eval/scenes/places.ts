import { bricks, gradient, plain, rough, tiles, windows } from './materials.js';
import { roughness, seeded } from './random.js';
import type { Camera, Scene, Sky, Thing } from './render.js';
import { box, ground, pole, sheet, sphere } from './shapes.js';
import { mix, type Vec } from './vector.js';

const SUN = { sun: [0.6, 0.9, -0.5], color: [0.95, 0.9, 0.8], around: [0.45, 0.5, 0.58] } as const;
const LAMP = { sun: [0.25, 0.9, -0.55], color: [0.55, 0.53, 0.5], around: [0.5, 0.49, 0.47] } as const;
export const EYES: Camera = { at: [0, 1.6, 0], pitch: 4, fieldOfView: 60 };

export const clearSky: Sky = ([, up]) => ({
  color: gradient([0.75, 0.83, 0.92], [0.2, 0.42, 0.85])(up),
  label: 'sky',
});

/** Clouds with hard edges, which are no nearer than the sky. */
export const cloudySky: Sky = (direction) => {
  const { color, label } = clearSky(direction);
  const [x, up, z] = direction;
  const thick = roughness((2 * x) / (up + 0.25), (2 * z) / (up + 0.25), 17);
  if (up < 0.02 || thick < 0.52) return { color, label };
  const white = 1.15 - 1.6 * Math.max(thick - 0.6, 0);
  return { color: mix(color, [white, white, white], Math.min((thick - 0.52) * 14, 1)), label: 'cloud' };
};

/** Someone who stands there, 1.75 m tall. */
export function person(label: string, [x, y, z]: Vec, shirt: Vec): Thing[] {
  const skin: Vec = [0.55, 0.36, 0.26];
  const part = (shape: Thing['shape'], color: Vec): Thing => ({ label, shape, color: plain(color) });
  return [
    part(box([x - 0.1, y + 0.42, z], [0.08, 0.42, 0.09]), [0.06, 0.07, 0.13]),
    part(box([x + 0.1, y + 0.42, z], [0.08, 0.42, 0.09]), [0.06, 0.07, 0.13]),
    part(box([x, y + 1.13, z], [0.23, 0.3, 0.12]), shirt),
    part(box([x - 0.29, y + 1.1, z], [0.055, 0.32, 0.07]), shirt),
    part(box([x + 0.29, y + 1.1, z], [0.055, 0.32, 0.07]), shirt),
    part(sphere([x, y + 1.6, z], 0.135), skin),
  ];
}

/** A street with houses, trees, cars and people, seen from its middle. */
export function street(seed: number, lit = 0): Scene {
  const next = seeded(seed);
  const tone = (): Vec => [0.2 + 0.5 * next(), 0.2 + 0.4 * next(), 0.15 + 0.4 * next()];
  const things: Thing[] = [
    { label: 'ground', shape: ground, color: rough([0.3, 0.3, 0.31], 0.6, seed, 0.35) },
    {
      label: 'ground',
      shape: box([-5.5, 0.07, 40], [2, 0.08, 60]),
      color: tiles([0.45, 0.44, 0.42], [0.4, 0.39, 0.38], 1),
    },
    {
      label: 'ground',
      shape: box([5.5, 0.07, 40], [2, 0.08, 60]),
      color: tiles([0.45, 0.44, 0.42], [0.4, 0.39, 0.38], 1),
    },
  ];
  for (const side of [-1, 1])
    for (let z = 8; z < 90; z += 9 + 3 * next()) {
      const [tall, wall] = [
        3 + 5 * next(),
        next() < 0.4 ? bricks(tone(), 0.5, 0.2, seed + z) : windows(tone(), seed + z, lit),
      ];
      things.push({ label: 'house', shape: box([side * 11.5, tall, z], [3.8, tall, 4.2 + next()]), color: wall });
      const [x, far] = [side * (4.4 + next()), z - 3 + 4 * next()];
      things.push({ label: 'tree', shape: pole([x, 1.2, far], 0.14, 1.3), color: plain([0.16, 0.1, 0.06]) });
      things.push({
        label: 'tree',
        shape: sphere([x, 3.2, far], 1.1 + 0.4 * next()),
        color: rough([0.1, 0.25, 0.06], 0.3, seed, 0.9),
      });
    }
  for (const [x, z] of [
    [-2.7, 7],
    [2.6, 11],
    [-2.6, 19],
  ] as const) {
    const paint = tone();
    things.push({ label: 'car', shape: box([x, 0.62, z], [0.85, 0.35, 2]), color: plain(paint) });
    things.push({ label: 'car', shape: box([x, 1.2, z + 0.1], [0.75, 0.28, 1.1]), color: plain([0.07, 0.08, 0.1]) });
  }
  things.push(...person('person', [1.1, 0, 5], [0.6, 0.1, 0.08]), ...person('person', [4.7, 0.15, 9], [0.1, 0.2, 0.5]));
  return { things, camera: EYES, light: SUN, sky: clearSky };
}

/** A room 6 m wide and 3 m tall, whose far wall is 6 m away. */
export function room(seed: number, far: Thing['color'] = rough([0.62, 0.58, 0.5], 1.5, seed, 0.06)): Scene {
  const wall = (color: Vec) => rough(color, 1.5, seed, 0.06);
  return {
    things: [
      { label: 'floor', shape: sheet([0, 0, 3], [3, 0, 0], [0, 0, 4]), color: (u, v) => planks(3 * u, 4 * v, seed) },
      { label: 'ceiling', shape: sheet([0, 3, 3], [3, 0, 0], [0, 0, 4]), color: wall([0.75, 0.75, 0.72]) },
      { label: 'wall', shape: sheet([0, 1.5, 6], [3, 0, 0], [0, 1.5, 0]), color: far },
      { label: 'side', shape: sheet([-3, 1.5, 3], [0, 0, 4], [0, 1.5, 0]), color: wall([0.5, 0.55, 0.6]) },
      { label: 'side', shape: sheet([3, 1.5, 3], [0, 0, 4], [0, 1.5, 0]), color: wall([0.6, 0.5, 0.45]) },
      { label: 'behind', shape: sheet([0, 1.5, -1], [3, 0, 0], [0, 1.5, 0]), color: wall([0.55, 0.55, 0.5]) },
    ],
    camera: { at: [0, 1.5, 0.2], pitch: 4, fieldOfView: 62 },
    light: LAMP,
    sky: clearSky,
  };
}

/** Boards of wood along z. */
function planks(u: number, v: number, seed: number): Vec {
  const board = Math.floor(u / 0.18);
  const gap = u / 0.18 - board < 0.06;
  const tone = (gap ? 0.4 : 0.75) + 0.4 * roughness(board * 7, v / 1.5, seed) + 0.15 * roughness(u * 30, v * 2, seed);
  return [0.4 * tone, 0.25 * tone, 0.14 * tone];
}
