import { UsageError } from '../errors.js';
import type { StereoLayout } from '../views/index.js';
import { oneOf } from './parse_options.js';

/** Layouts by their names on the command line. */
export const LAYOUTS = ['sbs', 'half-sbs', 'tb', 'anaglyph', 'vr180'] as const satisfies readonly StereoLayout[];

/** A viewpoint as it is given: degrees to the right and upward, and how many times larger. */
export interface Viewpoint {
  readonly yaw: number;
  readonly pitch: number;
  readonly zoom: number;
}

/** Files that are made of the picture in 3-D, and what they leave out. */
export interface ViewFormats {
  readonly ply?: boolean;
  readonly glb?: boolean;
  readonly exr?: boolean;
  readonly normals?: boolean;
  readonly stereo?: (typeof LAYOUTS)[number];
  readonly view?: Viewpoint;
  readonly withoutSky?: boolean;
}

/** Names of the options that make files, in the order of the help. */
export const VIEW_NAMES = ['ply', 'glb', 'exr', 'normals', 'stereo', 'view'] as const;

interface ViewValues {
  readonly ply?: boolean | undefined;
  readonly glb?: boolean | undefined;
  readonly exr?: boolean | undefined;
  readonly normals?: boolean | undefined;
  readonly stereo?: string | undefined;
  readonly view?: string | undefined;
  readonly 'without-sky'?: boolean | undefined;
}

/** @throws UsageError OPTION_VALUE; OPTION_CONFLICT where the sky is left out of no file */
export function viewFormats(values: ViewValues): ViewFormats {
  const { ply, glb, exr, normals, stereo, view, 'without-sky': withoutSky } = values;
  if (withoutSky && VIEW_NAMES.every((name) => values[name] === undefined))
    throw new UsageError(
      'OPTION_CONFLICT',
      '--without-sky leaves the sky out of files in 3-D, and none is asked for.',
      {
        hint: `Add one of ${VIEW_NAMES.map((name) => `--${name}`).join(', ')}.`,
      },
    );
  return {
    ...(ply && { ply }),
    ...(glb && { glb }),
    ...(exr && { exr }),
    ...(normals && { normals }),
    ...(stereo !== undefined && { stereo: oneOf('stereo', stereo, LAYOUTS) }),
    ...(view !== undefined && { view: viewpoint(view) }),
    ...(withoutSky && { withoutSky }),
  };
}

function viewpoint(text: string): Viewpoint {
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [yaw = NaN, pitch = 0, zoom = 1] = parts;
  const fits = parts.length <= 3 && Math.abs(yaw) <= 60 && Math.abs(pitch) <= 60 && zoom >= 0.1 && zoom <= 20;
  if (fits) return { yaw, pitch, zoom };
  throw new UsageError('OPTION_VALUE', `--view ${text} is not YAW[,PITCH[,ZOOM]].`, {
    hint: 'Degrees from -60 to 60, and 0.1 to 20 times: --view 5,2,1.2.',
    actual: text,
  });
}

/** The files of the views, by option, with the name of the picture's drawing before them. */
export function viewOutputs(stem: string, { ply, glb, exr, normals, stereo, view }: ViewFormats): ViewOutputs {
  return {
    ...(ply && { ply: `${stem}.ply` }),
    ...(glb && { glb: `${stem}.glb` }),
    ...(exr && { exr: `${stem}.exr` }),
    ...(normals && { normals: `${stem}-normals.png` }),
    // The colours of an anaglyph are its two views, and JPEG mixes those of neighbours.
    ...(stereo && { stereo: `${stem}-${stereo}.${stereo === 'anaglyph' ? 'png' : 'jpg'}` }),
    ...(view && { view: `${stem}-view.png` }),
  };
}

export type ViewOutputs = Partial<Readonly<Record<(typeof VIEW_NAMES)[number], string>>>;
