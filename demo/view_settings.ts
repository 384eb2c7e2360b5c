import type { StereoLayout } from 'depthwise/views';

/** Ways to look at a picture and its depth, in the order they are offered, and a hint for each. */
export const VIEWS = {
  parallax: 'Move the pointer over the picture, or use the arrow keys, to look around.',
  map: 'Drag the line between picture and map. Arrow keys move the read-out.',
  mesh: 'Drag, or use the arrow keys, to go round; wheel, + and - come closer or go.',
  stereo: 'For red-cyan glasses, or for eyes and headsets that take a pair.',
  focus: 'Click what is to be sharp, or move there with the arrow keys.',
  normals: 'Which way surfaces face: red to the right, green up, blue towards you.',
  compare: 'Two maps of one picture, and where they differ.',
  peer: 'The same network here and in another library.',
} as const;

/** Views of maps, where the arrow keys move the read-out. */
export const FLAT: ReadonlySet<string> = new Set<ViewName>(['map', 'compare', 'peer']);

export type ViewName = keyof typeof VIEWS;

/** Layouts of stereo pairs and what they are called. */
export const LAYOUTS: Readonly<Record<StereoLayout, string>> = {
  anaglyph: 'Red-cyan glasses (Dubois)',
  'anaglyph-red-cyan': 'Red-cyan glasses, colours kept',
  sbs: 'Side by side',
  'half-sbs': 'Side by side, half width',
  tb: 'Top and bottom',
  vr180: 'VR180',
};

/** What the scene that one goes round is drawn as. */
export const SURFACES = { mesh: 'Mesh', points: 'Points' } as const;

/** How a picture is looked at. */
export interface ViewSettings {
  view: ViewName;
  /** Part of the width, from the left, where the picture is seen and not its map. */
  split: number;
  /** How many times farther than the nearest the farthest is, of relative maps. */
  far: number;
  /** Angle of view from side to side, in degrees. */
  angle: number;
  layout: StereoLayout;
  surface: keyof typeof SURFACES;
  /** How far the eyes' pictures shift, as part of the width. */
  parallax: number;
  /** Radius of the blur, as part of the width. */
  blur: number;
  /** Place that is sharp, 0…1 from the left and the top. */
  focusX: number;
  focusY: number;
  /** Of the camera that goes round the mesh, in degrees. */
  yaw: number;
  pitch: number;
  zoom: number;
}

export const DEFAULTS: Readonly<ViewSettings> = {
  view: 'parallax',
  split: 0.5,
  far: 8,
  angle: 60,
  layout: 'anaglyph',
  surface: 'mesh',
  parallax: 0.03,
  blur: 0.02,
  focusX: 0.5,
  focusY: 0.6,
  yaw: 12,
  pitch: 6,
  zoom: 0.9,
};

/** Least and most that numbers may be. */
export const BOUNDS = {
  split: [0, 1],
  far: [2, 40],
  angle: [15, 120],
  parallax: [0, 0.1],
  blur: [0, 0.06],
  focusX: [0, 1],
  focusY: [0, 1],
  yaw: [-60, 60],
  pitch: [-45, 45],
  zoom: [0.3, 4],
} as const satisfies Partial<Record<keyof ViewSettings, readonly [least: number, most: number]>>;
