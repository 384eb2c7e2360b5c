import type { Size } from '../../image/size.js';
import { asFar, errorIn, inOrder, planar, ranked, standsOut, type Check } from './checks.js';
import { cards, guests, onTheWall, poster } from './flat.js';
import { loud, plain, rough, tiles } from './materials.js';
import { cloudySky, clearSky, EYES, person, room, street } from './places.js';
import type { Scene, Thing } from './render.js';
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
  /** Whatever is placed by chance is placed by the seed. */
  readonly scene: (seed: number, size: Size) => Scene;
  /** All have to hold. */
  readonly checks: (size: Size) => readonly Check[];
}

/** Of the suite, unless another is asked for. */
export const SEED = 11;

const stems: readonly (readonly [label: string, width: number, x: number])[] = [
  ['8 cm', 0.08, -0.62],
  ['4 cm', 0.04, -0.22],
  ['2 cm', 0.02, 0.16],
  ['1 cm', 0.01, 0.5],
];

const all = (): readonly Check[] => [ranked];
const seen = (seed: number, change: Partial<Scene>): Scene => ({ ...street(seed), ...change });
const camera = (seed: number, change: Partial<Scene['camera']>): Scene =>
  seen(seed, { camera: { ...EYES, ...change } });

/** The questions of the survey, each with a picture that is rendered from its seed, and its truth. */
export const failureCases: readonly FailureCase[] = [
  {
    name: 'street',
    question: 'For comparison: a street by day. The next ones change one thing of it.',
    scene: (seed) => street(seed),
    checks: all,
  },
  {
    name: 'cards-overlapping',
    question: 'Flat shapes at known distances, head-on: does what covers another come before it?',
    region: ['nearest', 'middle', 'farthest'],
    scene: (seed) => cards(0.2, seed),
    checks: () => [inOrder('nearest', 'middle', 'farthest', 'wall')],
  },
  {
    name: 'cards-apart',
    question: 'The same shapes side by side: nothing tells their distance. Is the model sure all the same?',
    region: ['nearest', 'middle', 'farthest'],
    open: true,
    scene: (seed) => cards(0.37, seed),
    checks: () => [inOrder('nearest', 'middle', 'farthest', 'wall')],
  },
  {
    name: 'same-size',
    question: 'Two balls of one size, near and far, that share no border: is the near one nearer?',
    region: ['near ball', 'far ball'],
    scene: (seed) => ({
      things: [
        { label: 'ground', shape: ground, color: rough([0.25, 0.3, 0.14], 0.5, seed, 0.8) },
        { label: 'near ball', shape: sphere([-0.95, 0.5, 3.2], 0.5), color: plain([0.55, 0.1, 0.08]) },
        { label: 'far ball', shape: sphere([2.2, 0.5, 9], 0.5), color: plain([0.55, 0.1, 0.08]) },
      ],
      camera: EYES,
      light: street(seed).light,
      sky: clearSky,
    }),
    checks: () => [inOrder('near ball', 'far ball')],
  },
  {
    name: 'stems',
    question: 'Thin stems, 8, 4, 2 and 1 cm wide, before someone: how thin may they be?',
    region: stems.map(([label]) => label),
    scene: (seed) => {
      const scene = room(seed);
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
    scene: (seed) => {
      const scene = room(seed);
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
    scene: (seed) => onTheWall('mirror', seed, { mirror: true }),
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
    scene: (seed) => {
      const scene = room(seed);
      const pane: Thing = {
        label: 'pane',
        shape: sheet([0.1, 1.4, 1.9], [0.75, 0, 0], [0, 0.7, 0]),
        color: plain([0.5, 0.62, 0.6]),
        clear: 0.75,
      };
      return {
        ...scene,
        things: [...scene.things, ...guests(seed), ...person('guest', [0.15, 0, 3.6], [0.4, 0.1, 0.3]), pane],
      };
    },
    checks: () => [errorIn('pane')],
  },
  {
    name: 'clouds',
    question: 'Clouds over a field: are they as far as the sky, and all of it behind the ground?',
    region: ['cloud', 'sky'],
    scene: (seed) => ({
      things: [
        { label: 'ground', shape: ground, color: rough([0.22, 0.3, 0.1], 0.8, seed, 0.8) },
        { label: 'shed', shape: box([-3, 1.2, 14], [2, 1.2, 1.6], 0.4), color: plain([0.35, 0.12, 0.08]) },
        { label: 'tree', shape: pole([3.4, 1, 11], 0.16, 1.2), color: plain([0.16, 0.1, 0.06]) },
        { label: 'tree', shape: sphere([3.4, 3.1, 11], 1.3), color: rough([0.1, 0.25, 0.06], 0.3, seed, 0.9) },
      ],
      camera: { ...EYES, pitch: -8 },
      light: street(seed).light,
      sky: cloudySky,
    }),
    checks: () => [inOrder('ground', 'cloud'), asFar('cloud', 'sky')],
  },
  {
    name: 'cartoon',
    question: 'The street as a cartoon.',
    scene: (seed) => seen(seed, { style: 'cartoon' }),
    checks: all,
  },
  {
    name: 'lines',
    question: 'The street as a line drawing.',
    scene: (seed) => seen(seed, { style: 'lines' }),
    checks: all,
  },
  {
    name: 'post',
    question: 'A chest behind a post that splits it unevenly: are both parts as far?',
    region: ['left part', 'right part', 'post'],
    scene: (seed) => {
      const scene = room(seed);
      const chest: Vec = [0.3, 0.18, 0.08];
      const part = (label: string, from: number, to: number): Thing => ({
        label,
        shape: box([(from + to) / 2, 0.5, 4], [(to - from) / 2, 0.5, 0.35]),
        color: plain(chest),
      });
      const post: Thing = {
        label: 'post',
        shape: box([-0.22, 1.5, 2], [0.09, 1.5, 0.09]),
        color: rough([0.6, 0.6, 0.57], 0.3, seed, 0.3),
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
    scene: (seed) => {
      const scene = room(seed, (u, v) => loud(seed)(3 * u, 1.5 * v));
      return { ...scene, camera: { ...scene.camera, at: [0, 1.5, 2.2] } };
    },
    checks: () => [planar('wall')],
  },
  {
    name: 'fog',
    question: 'The street in fog.',
    scene: (seed) =>
      seen(seed, {
        fog: { color: [0.62, 0.65, 0.68], density: 0.07 },
        sky: () => ({ color: [0.66, 0.68, 0.7], label: 'sky' }),
      }),
    checks: all,
  },
  {
    name: 'night',
    question: 'The street at night, with grain.',
    scene: (seed) => ({
      ...street(seed, 0.45),
      light: { sun: [0.6, 0.9, -0.5], color: [0.02, 0.025, 0.04], around: [0.03, 0.03, 0.045] },
      sky: () => ({ color: [0.006, 0.008, 0.02], label: 'sky' }),
      noise: 0.06,
    }),
    checks: all,
  },
  {
    name: 'wide',
    question: 'The street through a lens of 110°.',
    scene: (seed) => camera(seed, { fieldOfView: 110 }),
    checks: all,
  },
  {
    name: 'tele',
    question: 'The street through a lens of 12°.',
    scene: (seed) => camera(seed, { fieldOfView: 12, pitch: 1 }),
    checks: all,
  },
  {
    name: 'rolled-20',
    question: 'The street with the camera rolled by 20°.',
    scene: (seed) => camera(seed, { roll: 20 }),
    checks: all,
  },
  {
    name: 'rolled-90',
    question: 'The street with the camera on its side.',
    scene: (seed) => camera(seed, { roll: 90 }),
    checks: all,
  },
];
