import type { StereoLayout } from 'depthwise/views';

/** Ways to look at a picture and its depth, in the order they are offered. */
export const VIEWS = ['parallax', 'map', 'mesh', 'stereo', 'focus', 'normals', 'compare', 'peer'] as const;

/** Views that take too long for what moves. */
export const STILL: ReadonlySet<string> = new Set<ViewName>(['normals', 'compare', 'peer']);

/** Views of maps, where the arrow keys move the read-out. */
export const FLAT: ReadonlySet<string> = new Set<ViewName>(['map', 'compare', 'peer']);

export type ViewName = (typeof VIEWS)[number];

/** Layouts of stereo pairs. */
export const LAYOUTS = [
  'anaglyph',
  'anaglyph-red-cyan',
  'sbs',
  'half-sbs',
  'tb',
  'vr180',
] as const satisfies readonly StereoLayout[];

/** What the scene that one goes round is drawn as. */
export const SURFACES = ['mesh', 'points'] as const;

/** Whether that scene has its sky, of models that tell. */
export const SKIES = ['kept', 'out'] as const;

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
  surface: (typeof SURFACES)[number];
  sky: (typeof SKIES)[number];
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
  sky: 'kept',
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
