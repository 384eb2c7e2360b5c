import type { Size } from '../../image/size.js';
import { asFar, errorIn, inOrder, planar, ranked, standsOut, type Check } from './checks.js';
import { loud, plain, printed, rough, tiles } from './materials.js';
import { cloudySky, clearSky, EYES, person, room, street } from './places.js';
import { render, type Scene, type Thing } from './render.js';
import { box, ground, pole, sheet, sphere } from './shapes.js';
import type { Vec } from './vector.js';

/** One question to a model. */
export interface FailureCase {
  readonly name: string;
  /** What is asked. */
  readonly question: string;
  /** Where its confidence is looked at; the whole picture unless given. */
  readonly region?: readonly string[];
  /** The picture leaves it open: to be unsure there is as good as to be right. */
  readonly open?: true;
  readonly scene: (size: Size) => Scene;
  /** All have to hold. */
  readonly checks: (size: Size) => readonly Check[];
}

/** Of everything that is placed by chance. */
const SEED = 11;

const gray = (value: number): Thing['color'] => plain([value, value, value]);
const HEAD_ON = { camera: { at: [0, 0, 0], fieldOfView: 60 }, sky: clearSky } as const;
const LIGHT = { sun: [0, 1, -1], color: [0, 0, 0], around: [1, 1, 1] } as const;

/** Sheets of one grey each, 2, 3 and 4.5 m away, before a wall; `apart` says how far each is moved aside. */
function cards(apart: number): Scene {
  const card = (label: string, x: number, z: number, value: number, round: boolean): Thing => {
    const half = 0.16 * z;
    return {
      label,
      shape: sheet([x * z, 0.02 * z, z], [half, 0, 0], [0, half, 0], round),
      color: gray(value),
      unlit: true,
    };
  };
  const wall: Thing = { label: 'wall', shape: sheet([0, 0, 7], [9, 0, 0], [0, 9, 0]), color: gray(0.75), unlit: true };
  return {
    ...HEAD_ON,
    light: LIGHT,
    things: [
      card('middle', -apart, 3, 0.3, false),
      card('nearest', 0, 2, 0.12, true),
      card('farthest', apart, 4.5, 0.5, false),
      wall,
    ],
  };
}

const stems: readonly (readonly [label: string, width: number, x: number])[] = [
  ['8 cm', 0.08, -0.62],
  ['4 cm', 0.04, -0.22],
  ['2 cm', 0.02, 0.16],
  ['1 cm', 0.01, 0.5],
];

/** The people of a room, each of another shirt. */
const guests: readonly Thing[] = [
  ...person('guest', [-1.3, 0, 4.6], [0.15, 0.35, 0.2]),
  ...person('guest', [1.5, 0, 3.9], [0.5, 0.35, 0.1]),
];

/** Something flat on the far wall of a room with guests. */
function onTheWall(label: string, thing: Partial<Thing>): Scene {
  const scene = room(SEED);
  const frame: Thing = {
    label: 'frame',
    shape: box([0, 1.6, 5.99], [1.27, 0.97, 0.02]),
    color: plain([0.1, 0.06, 0.03]),
  };
  const flat: Thing = {
    label,
    shape: sheet([0, 1.6, 5.965], [1.2, 0, 0], [0, 0.9, 0]),
    color: plain([0.92, 0.94, 0.93]),
    ...thing,
  };
  return { ...scene, things: [...scene.things, frame, flat, ...guests] };
}

const poster = (size: Size): Scene => {
  const width = Math.max(8, Math.round(size.width / 2));
  const picture = render(street(SEED + 1), { width, height: Math.round(width * 0.75) });
  return onTheWall('poster', { color: printed(picture) });
};

const all = (): readonly Check[] => [ranked];
const seen = (change: Partial<Scene>): Scene => ({ ...street(SEED), ...change });
const camera = (change: Partial<Scene['camera']>): Scene => seen({ camera: { ...EYES, ...change } });

/** The questions of the survey, each with a picture that is rendered from its seed, and its truth. */
export const failureCases: readonly FailureCase[] = [
  {
    name: 'street',
    question: 'For comparison: a street by day. The next ones change one thing of it.',
    scene: () => street(SEED),
    checks: all,
  },
  {
    name: 'cards-overlapping',
    question: 'Flat shapes at known distances, head-on: does what covers another come before it?',
    region: ['nearest', 'middle', 'farthest'],
    scene: () => cards(0.2),
    checks: () => [inOrder('nearest', 'middle', 'farthest', 'wall')],
  },
  {
    name: 'cards-apart',
    question: 'The same shapes side by side: nothing tells their distance. Is the model sure all the same?',
    region: ['nearest', 'middle', 'farthest'],
    open: true,
    scene: () => cards(0.37),
    checks: () => [inOrder('nearest', 'middle', 'farthest', 'wall')],
  },
  {
    name: 'same-size',
    question: 'Two balls of one size, near and far, that share no border: is the near one nearer?',
    region: ['near ball', 'far ball'],
    scene: () => ({
      things: [
        { label: 'ground', shape: ground, color: rough([0.25, 0.3, 0.14], 0.5, SEED, 0.8) },
        { label: 'near ball', shape: sphere([-0.95, 0.5, 3.2], 0.5), color: plain([0.55, 0.1, 0.08]) },
        { label: 'far ball', shape: sphere([2.2, 0.5, 9], 0.5), color: plain([0.55, 0.1, 0.08]) },
      ],
      camera: EYES,
      light: street(SEED).light,
      sky: clearSky,
    }),
    checks: () => [inOrder('near ball', 'far ball')],
  },
  {
    name: 'stems',
    question: 'Thin stems, 8, 4, 2 and 1 cm wide, before someone: how thin may they be?',
    region: stems.map(([label]) => label),
    scene: () => {
      const scene = room(SEED);
      const poles = stems.map(([label, width, x]): Thing => ({
        label,
        shape: pole([x, 1.5, 1.8], width / 2, 1.5),
        color: plain([0.22, 0.3, 0.1]),
      }));
      return { ...scene, things: [...scene.things, ...person('person', [0, 0, 3.4], [0.1, 0.2, 0.5]), ...poles] };
    },
    checks: ({ width }) => stems.map(([label]) => standsOut(label, width)),
  },
  {
    name: 'tiles',
    question: 'A floor of black and white tiles with one slope: do the tiles show in the depth?',
    region: ['floor'],
    scene: () => {
      const scene = room(SEED);
      const floor = scene.things.map((thing) =>
        thing.label === 'floor'
          ? {
              ...thing,
              color: (u: number, v: number) => tiles([0.85, 0.85, 0.82], [0.03, 0.03, 0.03], 0.5)(3 * u, 4 * v),
            }
          : thing,
      );
      return { ...scene, camera: { ...scene.camera, pitch: 18 }, things: floor };
    },
    checks: () => [planar('floor')],
  },
  {
    name: 'mirror',
    question: 'A mirror on a wall: is it seen as the plane that it is?',
    region: ['mirror'],
    open: true,
    scene: () => onTheWall('mirror', { mirror: true }),
    checks: () => [errorIn('mirror')],
  },
  {
    name: 'poster',
    question: 'A picture of a street on a wall: is it seen as the plane that it is?',
    region: ['poster'],
    open: true,
    scene: poster,
    checks: () => [errorIn('poster')],
  },
  {
    name: 'pane',
    question: 'A pane of glass with a tint: is what stands behind it as far as it is?',
    region: ['pane'],
    open: true,
    scene: () => {
      const scene = room(SEED);
      const pane: Thing = {
        label: 'pane',
        shape: sheet([0.1, 1.4, 1.9], [0.75, 0, 0], [0, 0.7, 0]),
        color: plain([0.5, 0.62, 0.6]),
        clear: 0.75,
      };
      return {
        ...scene,
        things: [...scene.things, ...guests, ...person('guest', [0.15, 0, 3.6], [0.4, 0.1, 0.3]), pane],
      };
    },
    checks: () => [errorIn('pane')],
  },
  {
    name: 'clouds',
    question: 'Clouds over a field: are they as far as the sky, and all of it behind the ground?',
    region: ['cloud', 'sky'],
    scene: () => ({
      things: [
        { label: 'ground', shape: ground, color: rough([0.22, 0.3, 0.1], 0.8, SEED, 0.8) },
        { label: 'shed', shape: box([-3, 1.2, 14], [2, 1.2, 1.6], 0.4), color: plain([0.35, 0.12, 0.08]) },
        { label: 'tree', shape: pole([3.4, 1, 11], 0.16, 1.2), color: plain([0.16, 0.1, 0.06]) },
        { label: 'tree', shape: sphere([3.4, 3.1, 11], 1.3), color: rough([0.1, 0.25, 0.06], 0.3, SEED, 0.9) },
      ],
      camera: { ...EYES, pitch: -8 },
      light: street(SEED).light,
      sky: cloudySky,
    }),
    checks: () => [inOrder('ground', 'cloud'), asFar('cloud', 'sky')],
  },
  { name: 'cartoon', question: 'The street as a cartoon.', scene: () => seen({ style: 'cartoon' }), checks: all },
  { name: 'lines', question: 'The street as a line drawing.', scene: () => seen({ style: 'lines' }), checks: all },
  {
    name: 'post',
    question: 'A chest behind a post that splits it unevenly: are both parts as far?',
    region: ['left part', 'right part', 'post'],
    scene: () => {
      const scene = room(SEED);
      const chest: Vec = [0.3, 0.18, 0.08];
      const part = (label: string, from: number, to: number): Thing => ({
        label,
        shape: box([(from + to) / 2, 0.5, 4], [(to - from) / 2, 0.5, 0.35]),
        color: plain(chest),
      });
      const post: Thing = {
        label: 'post',
        shape: box([-0.22, 1.5, 2], [0.09, 1.5, 0.09]),
        color: rough([0.6, 0.6, 0.57], 0.3, SEED, 0.3),
      };
      // Both parts meet behind the post.
      return {
        ...scene,
        things: [...scene.things, part('left part', -1, -0.44), part('right part', -0.44, 1.4), post],
      };
    },
    checks: () => [asFar('left part', 'right part'), inOrder('post', 'right part')],
  },
  {
    name: 'loud-wall',
    question: 'A flat wall with strong shapes on it: is it flat?',
    region: ['wall'],
    scene: () => {
      const scene = room(SEED, (u, v) => loud(SEED)(3 * u, 1.5 * v));
      return { ...scene, camera: { ...scene.camera, at: [0, 1.5, 2.2] } };
    },
    checks: () => [planar('wall')],
  },
  {
    name: 'fog',
    question: 'The street in fog.',
    scene: () =>
      seen({
        fog: { color: [0.62, 0.65, 0.68], density: 0.07 },
        sky: () => ({ color: [0.66, 0.68, 0.7], label: 'sky' }),
      }),
    checks: all,
  },
  {
    name: 'night',
    question: 'The street at night, with grain.',
    scene: () => ({
      ...street(SEED, 0.45),
      light: { sun: [0.6, 0.9, -0.5], color: [0.02, 0.025, 0.04], around: [0.03, 0.03, 0.045] },
      sky: () => ({ color: [0.006, 0.008, 0.02], label: 'sky' }),
      noise: 0.06,
    }),
    checks: all,
  },
  {
    name: 'wide',
    question: 'The street through a lens of 110°.',
    scene: () => camera({ fieldOfView: 110 }),
    checks: all,
  },
  {
    name: 'tele',
    question: 'The street through a lens of 12°.',
    scene: () => camera({ fieldOfView: 12, pitch: 1 }),
    checks: all,
  },
  {
    name: 'rolled-20',
    question: 'The street with the camera rolled by 20°.',
    scene: () => camera({ roll: 20 }),
    checks: all,
  },
  {
    name: 'rolled-90',
    question: 'The street with the camera on its side.',
    scene: () => camera({ roll: 90 }),
    checks: all,
  },
];
