import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { onDisk } from '../../node/disk_names.js';
import type { ProtectedFiles } from '../../node/protected_files.js';
import { encoderOptions } from '../../node/video/encoders.js';
import { runProgram } from '../../node/video/ffmpeg.js';
import { joinParts, type Part } from '../../node/video/join_parts.js';
import { probeClip, unreadable, type Rational } from '../../node/video/probe.js';
import type { DepthModel, EstimateOptions } from '../../runtime/depth_model.js';
import type { EstimateCommand } from '../arguments.js';
import type { Job } from '../jobs.js';
import { seesWindows } from '../model_conflicts.js';
import type { Session } from '../session.js';
import { write, writeBy } from '../write_outputs.js';
import { containerNamed, requireForClips } from './clip_options.js';
import { makeParts } from './clip_parts.js';
import { lookAtRange, type ClipRange } from './clip_range.js';
import { ClipWork, framesOf, type ClipState } from './clip_work.js';
import { DEPTH, STEREO, TIMES, type Making } from './open_part.js';

/** Said of work that is stopped. */
const KEPT = 'what is done is kept, and the same command goes on from there.';
const NOT_KEPT = 'the same command begins again, as the model remembers frames.';

/** What the depth of a video came to. */
export interface MadeClip extends Pick<ClipState, 'range' | 'nonFinite' | 'cut'> {
  readonly frames: number;
  /** What is wrong with the video; undefined for a sound one. */
  readonly fault: string | undefined;
}

/**
 * Makes the depth of a video, every frame of it, from where the same work ended before. Where it is cancelled, what is
 * done is kept. A network along time begins again: what it remembers of earlier frames is not kept.
 * @throws UsageError OPTION_CONFLICT; ImageError VIDEO_TOOL, VIDEO_READ; DepthFileError VIDEO_ENCODER, VIDEO_WRITE;
 *   errors of `DepthModel.estimate`; AbortError
 */
export async function estimateClip(
  model: DepthModel,
  job: Job,
  command: EstimateCommand,
  session: Session,
  reads: ProtectedFiles,
  options: EstimateOptions,
): Promise<MadeClip> {
  const encoder = await requireClips(command);
  const { input, outputs } = job;
  const clip = await probeClip(job.piped?.file ?? input, session.signal, input);
  const resumes = !seesWindows(model.info.name);
  const work = await ClipWork.open(outputs.picture, await keyOf(job, command, model), resumes);
  const started = work.state && framesOf(work.state);
  if (started) session.note(`${input}: goes on after frame ${started}, which was done before.`);
  const look = () => lookAtRange(model, clip, { ...options, signal: session.signal });
  const state = work.state ?? (await begin(work, await look(), job, command, reads));
  const making: Making = { model, clip, job, command, session, reads, work, state, encoder };
  const made = await makeParts(making, options).catch(async (error: unknown) => {
    if (!work.state?.parts.length) await work.remove();
    else if (session.signal.aborted) session.note(`${input}: ${resumes || work.state.over ? KEPT : NOT_KEPT}`);
    throw error;
  });
  if (made.parts.length === 0) {
    await work.remove();
    throw unreadable(input, `has no frame that can be read (${made.fault ?? 'empty'})`);
  }
  await finish(making, made);
  await work.remove();
  const { range, nonFinite, cut, fault } = made;
  return { frames: framesOf(made), range, nonFinite, cut, fault };
}

/**
 * Refuses what cannot be done of any video, before work begins.
 * @returns options of ffmpeg for the codec; none where no video is written
 * @throws UsageError OPTION_CONFLICT; ImageError VIDEO_TOOL; DepthFileError VIDEO_ENCODER
 */
export async function requireClips(command: EstimateCommand): Promise<string[]> {
  requireForClips(command);
  await runProgram('ffprobe', ['-version']);
  return command.frames && !command.stereo ? [] : encoderOptions(command.codec ?? 'h264');
}

/** Begins work from the first frame. What says that a folder of frames is whole goes before one of them is written. */
async function begin(
  work: ClipWork,
  range: ClipRange,
  { outputs }: Job,
  { frames }: EstimateCommand,
  reads: ProtectedFiles,
): Promise<ClipState> {
  if (frames) {
    await reads.refuse(outputs.picture);
    await rm(onDisk(outputs.picture), { force: true });
  }
  return work.begin(range);
}

/** Makes the outputs of all parts. */
async function finish({ clip, job, command, session, reads, work, model }: Making, state: ClipState): Promise<void> {
  const { outputs } = job;
  const videos = [
    command.frames ? undefined : ([outputs.picture, DEPTH] as const),
    outputs.stereo && ([outputs.stereo, STEREO] as const),
  ];
  for (const video of videos) {
    if (!video) continue;
    const [path, name] = video;
    const parts = state.parts.map(({ pts }, i) => ({ path: work.part(i, name), pts })) as unknown as [Part, ...Part[]];
    const joined = {
      output: path,
      container: containerNamed(path) ?? 'mp4',
      timeBase: state.timeBase as Rational,
      clip,
      comment: `Depth by depthwise, ${model.info.name}`,
      list: work.path('parts.txt'),
      signal: session.signal,
    };
    const join = async (to: string | Buffer, { mode }: { readonly mode?: number }) => {
      await joinParts(parts, { ...joined, path: String(to) });
      if (mode !== undefined) await chmod(to, mode);
    };
    await writeBy(path, join, reads);
  }
  if (!command.frames) return;
  const times = state.parts.map((_, i) => readFile(work.part(i, TIMES), 'utf8'));
  const text = `# timestamp format v2\n${(await Promise.all(times)).join('')}`;
  await write(outputs.picture, text, reads);
}

/** What a video's depth is made of and how. */
async function keyOf({ input, piped, outputs }: Job, command: EstimateCommand, model: DepthModel): Promise<string> {
  const { size, mtimeMs } = await stat(piped?.file ?? input);
  const { name, precision, adapter } = model.info;
  const { output: _place, inputs: _all, skipExisting: _skip, quiet: _quiet, json: _json, ...how } = command;
  return JSON.stringify({ input: [input, size, piped?.digest ?? mtimeMs], outputs, name, precision, adapter, how });
}
