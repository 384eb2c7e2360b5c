import { execFileSync } from 'node:child_process';
import { parseArguments, type EstimateCommand } from '../../src/cli/arguments.js';
import { planJobs } from '../../src/cli/jobs.js';
import { Session } from '../../src/cli/session.js';
import { estimateClip, type MadeClip } from '../../src/cli/video/estimate_clip.js';
import { colormaps } from '../../src/depth/colormaps.js';
import type { PipedClip } from '../../src/node/video/piped_clips.js';
import type { DepthModel } from '../../src/runtime/depth_model.js';
// @ts-expect-error plain JavaScript
import { hasFfmpeg } from '../../tools/setup/ffmpeg.mjs';

/** Whether videos can be made and read here. */
export const canFilm = hasFfmpeg() as boolean;
if (!canFilm) console.warn('SKIPPED: there is no ffmpeg 5.1 here, so no video is read or written.');

/** Pixels of a frame, RGBA, top row first. */
export interface Frame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Runs ffmpeg, which has to succeed. */
export function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], { maxBuffer: 2 ** 28 });
}

/** What ffprobe, which reads videos without our code, says of entries of a file: a line for each thing. */
export function probe(path: string, entries: string, ...args: string[]): string[] {
  const all = ['-v', 'error', ...args, '-show_entries', entries, '-of', 'csv=p=0', path];
  const lines = execFileSync('ffprobe', all, { encoding: 'utf8' }).split('\n');
  return lines.map((line) => line.replace(/,+$/, '')).filter((line) => line !== '');
}

/** Times of the frames of a video in the order they are shown, in seconds. */
export function timesOf(path: string): string[] {
  return probe(path, 'frame=pts_time', '-select_streams', 'v');
}

/** Upright frames of a video, as ffmpeg decodes them. */
export function framesOf(path: string, width: number, height: number): Frame[] {
  const bytes = ffmpeg('-i', path, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgba', '-');
  const size = 4 * width * height;
  return Array.from({ length: bytes.length / size }, (_, i) => ({
    data: new Uint8Array(bytes.subarray(i * size, (i + 1) * size)),
    width,
    height,
  }));
}

/** Mean difference of colours, of 255, within some columns. */
export function difference(a: Frame, b: Frame, from = 0): number {
  let sum = 0;
  for (let y = 0; y < b.height; y++)
    for (let x = 0; x < b.width; x++)
      for (let c = 0; c < 3; c++)
        sum += Math.abs(a.data[4 * (y * a.width + from + x) + c]! - b.data[4 * (y * b.width + x) + c]!);
  return sum / (3 * b.width * b.height);
}

/** RGBA of values between the ends of a range. */
export function colored(
  colormap: keyof typeof colormaps,
  values: Float32Array,
  { min, max }: { readonly min: number; readonly max: number },
): Uint8Array {
  const data = new Uint8Array(4 * values.length);
  const table = colormaps[colormap];
  values.forEach((value, i) => {
    const level = Math.floor((255 * (value - min)) / (max - min));
    data.set(table.slice(3 * level, 3 * level + 3), 4 * i);
  });
  return data;
}

/**
 * A test picture that moves, with a sine beside it where asked for.
 * @param output options of ffmpeg, and the file
 */
export function film(
  { size = '64x48', rate = '10', seconds = 0.5, sound = false, format = 'yuv420p' },
  ...output: string[]
): void {
  const picture = `testsrc2=size=${size}:rate=${rate}:duration=${seconds},format=${format}`;
  const sine = sound ? ['-f', 'lavfi', '-i', `sine=duration=${seconds}`] : [];
  ffmpeg('-f', 'lavfi', '-i', picture, ...sine, ...output);
}

/**
 * The command line of the tool on one video, in this process.
 * @param piped what is read in its place, as what came out of a pipe
 */
export async function makeDepth(
  model: DepthModel,
  args: readonly string[],
  session: Session,
  piped?: PipedClip,
): Promise<MadeClip> {
  const command = parseArguments(args) as EstimateCommand;
  const { jobs, reads } = await planJobs(command.inputs, { ...command, model: model.info.name });
  const { inputSize = 32, size, square } = command;
  return estimateClip(model, { ...jobs[0]!, ...(piped && { piped }) }, command, session, reads, {
    inputSize,
    size,
    square,
  });
}

/** A session that cancels after so many frames; never without. */
export class ClipSession extends Session {
  readonly notes: string[] = [];
  readonly #frames: number | undefined;
  readonly #stop: AbortController;

  constructor(frames?: number) {
    const stop = new AbortController();
    super(true, stop.signal);
    this.#stop = stop;
    this.#frames = frames;
  }

  override note(text: string): void {
    this.notes.push(text);
  }

  override showProgress(_label: string, done: number): void {
    if (done === this.#frames) this.#stop.abort();
  }
}
