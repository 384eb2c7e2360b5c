import { plain, printed } from './materials.js';
import { clearSky, person, room, street } from './places.js';
import { seeded } from './random.js';
import { render, type Scene, type Thing } from './render.js';
import { box, sheet } from './shapes.js';
import type { Vec } from './vector.js';

/** The seed of what the survey asks; others draw the numbers anew. */
const SURVEY = 11;
const HEAD_ON = { camera: { at: [0, 0, 0], fieldOfView: 60 }, sky: clearSky } as const;
const LIGHT = { sun: [0, 1, -1], color: [0, 0, 0], around: [1, 1, 1] } as const;

interface Card {
  /** In metres. */
  readonly z: number;
  /** Linear. */
  readonly gray: number;
  readonly round: boolean;
  /** Half a side, and how far aside and up it is, in tangents; aside in units of what parts the cards. */
  readonly half: number;
  readonly aside: number;
  readonly up: number;
}

/** Sheets of one grey each at three distances before a wall, seen head-on; `apart` is how far each is moved aside. */
export function cards(apart: number, seed: number): Scene {
  const [nearest, middle, farthest, wall] = seed === SURVEY ? ofSurvey : drawn(seed);
  const sheetOf = (label: string, { z, gray, round, half, aside, up }: Card): Thing => ({
    label,
    shape: sheet([apart * aside * z, up * z, z], [half * z, 0, 0], [0, half * z, 0], round),
    color: plain([gray, gray, gray]),
    unlit: true,
  });
  return {
    ...HEAD_ON,
    light: LIGHT,
    things: [
      ...[sheetOf('middle', middle), sheetOf('nearest', nearest), sheetOf('farthest', farthest)],
      sheetOf('wall', wall),
    ],
  };
}

type Cards = readonly [nearest: Card, middle: Card, farthest: Card, wall: Card];
const WALL = { round: false, aside: 0, up: 0 } as const;
const ofSurvey: Cards = [
  { z: 2, gray: 0.12, round: true, half: 0.16, aside: 0, up: 0.02 },
  { z: 3, gray: 0.3, round: false, half: 0.16, aside: -1, up: 0.02 },
  { z: 4.5, gray: 0.5, round: false, half: 0.16, aside: 1, up: 0.02 },
  { ...WALL, z: 7, gray: 0.75, half: 9 / 7 },
];

function drawn(seed: number): Cards {
  const next = seeded(seed);
  const grays = shuffled([0.08, 0.22, 0.45, 0.8], next);
  const places = shuffled([-1, 0, 1], next);
  let z = 1.2 + next();
  const [nearest, middle, farthest] = places.map((aside, i): Card => {
    const card = { z, gray: grays[i] as number, round: next() < 0.5, half: 0.1 + 0.08 * next(), aside };
    z *= 1.3 + 0.4 * next();
    return { ...card, up: 0.12 * (2 * next() - 1) };
  }) as [Card, Card, Card];
  return [nearest, middle, farthest, { ...WALL, z, gray: grays[3] as number, half: 1.3 }];
}

/** Fisher and Yates's. */
function shuffled<T>(list: readonly T[], next: () => number): T[] {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}

/** The people of a room, each of another shirt. */
export function guests(seed: number): readonly Thing[] {
  if (seed === SURVEY)
    return [...person('guest', [-1.3, 0, 4.6], [0.15, 0.35, 0.2]), ...person('guest', [1.5, 0, 3.9], [0.5, 0.35, 0.1])];
  const next = seeded(seed + 1);
  return [-1, 1].flatMap((side) => {
    const at: Vec = [side * (0.9 + next()), 0, 3.2 + 1.8 * next()];
    return person('guest', at, [0.6 * next(), 0.6 * next(), 0.6 * next()]);
  });
}

/** Something flat on the far wall of a room with guests. */
export function onTheWall(label: string, seed: number, thing: Partial<Thing>): Scene {
  const scene = room(seed);
  const next = seeded(seed + 2);
  const [x, y, wide, tall] =
    seed === SURVEY
      ? [0, 1.6, 1.2, 0.9]
      : [0.8 * (2 * next() - 1), 1.5 + 0.3 * next(), 0.8 + 0.6 * next(), 0.6 + 0.3 * next()];
  const frame: Thing = {
    label: 'frame',
    shape: box([x, y, 5.99], [wide + 0.07, tall + 0.07, 0.02]),
    color: plain([0.1, 0.06, 0.03]),
  };
  const flat: Thing = {
    label,
    shape: sheet([x, y, 5.965], [wide, 0, 0], [0, tall, 0]),
    color: plain([0.92, 0.94, 0.93]),
    ...thing,
  };
  return { ...scene, things: [...scene.things, frame, flat, ...guests(seed)] };
}

/** A picture of a street on that wall. @param width of the picture it is seen in, in pixels */
export function poster(seed: number, { width }: { readonly width: number }): Scene {
  const across = Math.max(8, Math.round(width / 2));
  const picture = render(street(seed + 1), { width: across, height: Math.round(across * 0.75) });
  return onTheWall('poster', seed, { color: printed(picture) });
}
