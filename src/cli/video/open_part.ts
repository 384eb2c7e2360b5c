import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finiteRange } from '../../depth/formats/depth_semantics.js';
import type { ProtectedFiles } from '../../node/protected_files.js';
import type { Clip, Rational } from '../../node/video/probe.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { SteadyState } from '../../runtime/steady.js';
import type { EstimateCommand } from '../arguments.js';
import type { Job } from '../jobs.js';
import { optional } from '../parse_options.js';
import type { Session } from '../session.js';
import { write } from '../write_outputs.js';
import {
  drawingOf,
  FramesTrack,
  stereoOf,
  VideoTrack,
  type FrameDepth,
  type SceneOptions,
  type Track,
} from './clip_tracks.js';
import type { ClipState, ClipWork } from './clip_work.js';
import { RangeDrawing } from './draw_values.js';

/** All that the depth of one video is made with. */
export interface Making {
  readonly model: DepthModel;
  readonly clip: Clip;
  readonly job: Job;
  readonly command: EstimateCommand;
  readonly session: Session;
  readonly reads: ProtectedFiles;
  readonly work: ClipWork;
  /** What is noted of the work, from which it goes on. */
  readonly state: ClipState;
  /** Options of ffmpeg for the codec. */
  readonly encoder: readonly string[];
}

/** How a part ends. */
interface PartEnd extends Pick<ClipState, 'over' | 'fault'> {
  readonly steady?: SteadyState;
}

/** A part of a video that is being made. */
export class OpenPart {
  readonly #making: Making;
  readonly #state: ClipState;
  readonly #scenes: SceneOptions;
  readonly #tracks: readonly Track[];
  readonly #pts: number[] = [];
  #timeBase: Rational | undefined;
  #nonFinite = 0;

  constructor(making: Making, state: ClipState) {
    this.#making = making;
    this.#state = state;
    const { range, fieldOfView } = state;
    this.#scenes = { range, fieldOfView, ...optional({ focalLength: making.command.focalLength }) };
    this.#tracks = tracksOf(making, state, this.#scenes);
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#pts.length;
  }

  async write(made: FrameDepth): Promise<void> {
    for (const track of this.#tracks) await track.write(made);
    this.#nonFinite += finiteRange(made.values).nonFinite;
    this.#pts.push(made.frame.pts);
    this.#timeBase = made.frame.timeBase;
  }

  /** Makes the part whole and notes it: that it is the last, or what a steady stream keeps after it. */
  async end({ steady, ...end }: PartEnd): Promise<ClipState> {
    const { work, command } = this.#making;
    const { parts, timeBase = this.#timeBase, nonFinite, cut } = this.#state;
    const [pts] = this.#pts;
    if (pts === undefined || !timeBase) return { ...this.#state, ...end };
    for (const track of this.#tracks) await track.end();
    if (command.frames) await write(work.part(parts.length, TIMES), timesText(this.#pts, timeBase));
    if (steady?.save) await write(work.kept(parts.length + 1), await steady.save());
    const state = {
      ...this.#state,
      timeBase,
      fieldOfView: this.#scenes.fieldOfView,
      parts: [...parts, { frames: this.frames, pts }],
      nonFinite: nonFinite + this.#nonFinite,
      ...end,
      cut: cut + this.#tracks.reduce((sum, track) => sum + track.cut, 0),
    };
    await work.save(state);
    await rm(work.kept(parts.length), { force: true });
    return state;
  }

  /** Leaves what is not whole. Safe to call at the end. */
  stop(): void {
    for (const track of this.#tracks) track.stop();
  }
}

/** Names of the files of a part. */
export const DEPTH = 'depth.mp4';
export const STEREO = 'stereo.mp4';
export const TIMES = 'times.txt';

function tracksOf(
  { model, clip, job, command, reads, work, encoder }: Making,
  { range, parts }: ClipState,
  scenes: SceneOptions,
): Track[] {
  const { frames, stereo, side } = command;
  const video = { encoder, rate: clip.rate };
  const path = (name: string) => work.part(parts.length, name);
  return [
    frames
      ? new FramesTrack(dirname(job.outputs.picture), frames, scenes, reads)
      : new VideoTrack(path(DEPTH), video, drawingOf(new RangeDrawing(model.info, range, command), side)),
    ...(stereo ? [new VideoTrack(path(STEREO), video, (made) => stereoOf(made, stereo, scenes))] : []),
  ];
}

/** Milliseconds of each frame, a line each. */
function timesText(pts: readonly number[], { num, den }: Rational): string {
  return pts.map((each) => `${Number(((each * num * 1000) / den).toFixed(6))}\n`).join('');
}
