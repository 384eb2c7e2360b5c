import type { StereoLayout } from 'depthwise/views';
import type { ViewName, ViewSettings } from './view_settings.js';

/** What there is to do in each view. */
export const HINTS: Readonly<Record<ViewName, string>> = {
  parallax: 'Move the pointer over the picture, or use the arrow keys, to look around.',
  map: 'Drag the line between picture and map. Arrow keys move the read-out.',
  mesh: 'Drag, pinch or scroll; a double click goes back. Keys: arrows, +, -, Home.',
  stereo: 'For red-cyan glasses, or for eyes and headsets that take a pair.',
  focus: 'Click what is to be sharp, or move there with the arrow keys.',
  normals: 'Which way surfaces face: red to the right, green up, blue towards you.',
  compare: 'Two maps of one picture, and where they differ.',
  peer: 'The same network here and in another library.',
};

/** What layouts of stereo pairs are called. */
export const LAYOUT_NAMES: Readonly<Record<StereoLayout, string>> = {
  anaglyph: 'Red-cyan glasses (Dubois)',
  'anaglyph-red-cyan': 'Red-cyan glasses, colours kept',
  sbs: 'Side by side',
  'half-sbs': 'Side by side, half width',
  tb: 'Top and bottom',
  vr180: 'VR180',
};

/** What the ways to draw a scene are called. */
export const SURFACE_NAMES: Readonly<Record<ViewSettings['surface'], string>> = { mesh: 'Mesh', points: 'Points' };

export const SKY_NAMES: Readonly<Record<ViewSettings['sky'], string>> = { kept: 'Kept', out: 'Left out' };
