import { extname } from 'node:path';
import { UsageError } from '../../errors.js';
import { CODECS, CONTAINERS, containerOf, holds, type Codec, type Container } from '../../node/video/encoders.js';
import { oneOf } from '../parse_options.js';
import type { ViewFormats } from '../view_options.js';

/** Kinds of files for single frames. */
const FRAME_FORMATS = ['png16', 'exr'] as const;
export type FrameFormat = (typeof FRAME_FORMATS)[number];

/** What the depth of a video becomes. */
export interface ClipFormats {
  readonly codec?: Codec;
  /** A file for each frame, in place of a video. */
  readonly frames?: FrameFormat;
  /** Holds the depth still where the picture is. */
  readonly steady?: boolean;
}

/** Names of the options, in the order of the help. */
export const CLIP_NAMES = ['steady', 'codec', 'frames'] as const;

interface ClipValues {
  readonly codec?: string | undefined;
  readonly frames?: string | undefined;
  readonly steady?: boolean | undefined;
}

/** @throws UsageError `OPTION_VALUE` */
export function clipFormats({ codec, frames, steady }: ClipValues): ClipFormats {
  return {
    ...(codec !== undefined && { codec: oneOf('codec', codec, CODECS) }),
    ...(frames !== undefined && { frames: oneOf('frames', frames, FRAME_FORMATS) }),
    ...(steady && { steady }),
  };
}

/** Options that make files of a picture and none of a video. */
const OF_PICTURES = ['png16', 'pfm', 'npy', 'confidence', 'sky', 'ply', 'glb', 'exr', 'normals', 'view'] as const;

interface PictureUse extends Partial<Record<(typeof OF_PICTURES)[number], unknown>> {
  readonly withoutSky?: boolean;
}

/**
 * Refuses what makes no sense for a video.
 * @throws UsageError `OPTION_CONFLICT`
 */
export function requireForClips(command: PictureUse): void {
  const idle = OF_PICTURES.find((name) => command[name]);
  if (idle === undefined && command.withoutSky) throw unused('without-sky', 'is for pictures, and there is a video');
  if (idle === undefined) return;
  const frames = FRAME_FORMATS.find((name) => name === idle);
  throw new UsageError('OPTION_CONFLICT', `--${idle} makes a file of a picture, and none of a video.`, {
    hint: frames ? `Write --frames ${frames}, for a file of each frame.` : 'Leave it out.',
    actual: idle,
  });
}

/** Options that draw, of which files of frames show nothing. */
interface DrawingUse {
  readonly colormap: string;
  readonly grayscale: boolean;
  readonly invert: boolean;
  readonly side: boolean;
  readonly span: string;
}

/**
 * Refuses options that none of the inputs has a use for.
 * @param clips for each input whether it is a video
 * @throws UsageError `OPTION_CONFLICT`
 */
export function requireUsed(
  clips: readonly boolean[],
  command: ClipFormats & Pick<ViewFormats, 'stereo'> & DrawingUse,
): void {
  if (clips.length === 0) return;
  const ofClips = clips.includes(true) ? undefined : CLIP_NAMES.find((name) => command[name]);
  if (ofClips !== undefined) throw unused(ofClips, 'is for videos, and there is none');
  const { frames, stereo, codec, colormap, span, grayscale, invert, side } = command;
  if (!frames || clips.includes(false)) return;
  const given = { colormap: colormap !== 'inferno', span: span !== 'full', grayscale, invert, side };
  const idle = Object.entries({ ...given, codec: codec && !stereo }).find(([, isGiven]) => isGiven);
  if (idle) throw unused(idle[0], `is for drawings, and --frames ${frames} writes values`);
}

function unused(name: string, why: string): UsageError {
  return new UsageError('OPTION_CONFLICT', `--${name} ${why}.`, { hint: 'Leave it out.', actual: name });
}

/** Files that a video turns into: itself or its frames, and the stereo pair. */
export interface ClipOutputs {
  readonly picture: string;
  readonly stereo?: string;
}

/** The files of a video, by the name they begin with. A folder of frames is named by the file that is written last. */
export function clipOutputs(
  stem: string,
  { codec = 'h264', frames, stereo }: ClipFormats & Pick<ViewFormats, 'stereo'>,
  container: Container = containerOf(codec),
): ClipOutputs {
  return {
    picture: frames ? `${stem}/${FRAMES_END}` : `${stem}.${container}`,
    ...(stereo && { stereo: `${stem}-${stereo}.${container}` }),
  };
}

/** When each frame is shown; written when all frames are there. */
export const FRAMES_END = 'timestamps.txt';

/** The folder beside an output of a name where its parts are kept until it is whole. */
export function workName(name: string): string {
  return `.depthwise-${name}`;
}

/** The file of a frame in its folder. @param index from 0 */
export function frameFile(index: number, format: FrameFormat): string {
  return `${String(index + 1).padStart(6, '0')}.${format === 'exr' ? 'exr' : 'png'}`;
}

/** The container that a file's name stands for; undefined for other names. */
export function containerNamed(path: string): Container | undefined {
  const ending = extname(path).slice(1).toLowerCase();
  return CONTAINERS.find((each) => each === ending);
}

/**
 * The container of the file that --output names for a single video.
 * @throws UsageError `OPTION_VALUE` where it is no video, or cannot hold the codec
 */
export function containerFor(output: string, { codec = 'h264', frames }: ClipFormats): Container {
  const container = containerNamed(output);
  if (container && !frames && holds(container, codec)) return container;
  const hint = frames
    ? 'Frames go into a folder.'
    : `Name a folder, or a ${codec === 'h264' ? '.mp4 or .mkv' : '.mp4, .webm or .mkv'}.`;
  throw new UsageError('OPTION_VALUE', `--output ${output} cannot hold ${frames ? 'frames' : `a video in ${codec}`}.`, {
    hint,
    actual: output,
  });
}
