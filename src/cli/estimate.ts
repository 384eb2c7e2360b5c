import type { DepthModel } from '../runtime/depth_model.js';
import { DepthwiseError } from '../errors.js';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onDisk } from '../node/disk_names.js';
import { pictureOf, readPicture } from '../node/image_file.js';
import type { EstimateCommand } from './arguments.js';
import { optional } from './parse_options.js';
import { isOutputFile, planJobs, type Job, type Jobs } from './jobs.js';
import { requireOfModel } from './model_conflicts.js';
import type { ProtectedFiles } from '../node/protected_files.js';
import { chooseModel, loadModel, type Session } from './session.js';
import type { Shard } from './shard.js';
import { STANDARD } from '../node/streams.js';
import { PipedClips } from '../node/video/piped_clips.js';
import { frameFile, requireUsed } from './video/clip_options.js';
import { estimateClip, requireClips } from './video/estimate_clip.js';
import { writeOutputs } from './write_outputs.js';
import { guessedLens, writeViews } from './write_views.js';

/** Estimates the depth of every picture named. Returns the exit code: 1 when anything failed or was passed over. */
export async function estimatePictures(command: EstimateCommand, session: Session): Promise<number> {
  const pipes = new PipedClips();
  return estimateAll(command, session, pipes).finally(() => pipes.remove());
}

async function estimateAll(command: EstimateCommand, session: Session, pipes: PipedClips): Promise<number> {
  const plan = async (model: string) => {
    const planned = await planJobs(command.inputs, { ...command, model, pipes, signal: session.signal });
    // Other parts may have the videos.
    if (!command.shard)
      requireUsed(
        planned.jobs.map(({ clip = false }) => clip),
        command,
      );
    return planned;
  };
  if (command.output !== undefined && command.output !== STANDARD) await isOutputFile(command.output);
  const chosen = await chooseModel(command);
  if (chosen.name !== undefined) requireOfModel(chosen.name, command);
  // With a name the plan is made first, so that a mistake shows before any weights are fetched.
  const planned = chosen.name === undefined ? undefined : await plan(chosen.name);
  if (planned?.jobs.length === 0) return conclude(session, planned, 0, command.shard);
  if (planned?.jobs.every(({ clip }) => clip)) await requireClips(command);
  const model = await loadModel(command, chosen, session);
  try {
    requireOfModel(model.info.name, command);
    const jobs = planned ?? (await plan(model.info.name));
    let failed = 0;
    for (const [index, job] of jobs.jobs.entries()) {
      if (command.skipExisting && (await allThere(job, command))) {
        session.note(`${job.input}: was done before.`);
        continue;
      }
      session.showProgress(job.input, index, jobs.jobs.length);
      failed += (await succeeds(model, job, command, session, jobs.reads)) ? 0 : 1;
    }
    return conclude(session, jobs, failed, command.shard);
  } finally {
    model.dispose();
  }
}

/** Whether every file of a job is there, of frames the first one too, and none is empty. */
export async function allThere({ clip, outputs }: Job, { frames }: EstimateCommand): Promise<boolean> {
  const paths: string[] = Object.values(outputs);
  if (clip && frames) paths.push(join(dirname(outputs.picture), frameFile(0, frames)));
  const found = await Promise.all(paths.map((path) => stat(onDisk(path)).catch(() => undefined)));
  return found.every((file) => file?.isFile() && file.size > 0);
}

/** Works off one job; a picture that cannot be read, estimated or written is reported and does not stop the others. */
async function succeeds(
  model: DepthModel,
  job: Job,
  command: EstimateCommand,
  session: Session,
  reads: ProtectedFiles,
): Promise<boolean> {
  try {
    if (job.clip) return await workClip(model, job, command, session, reads);
    await work(model, job, command, session, reads);
    return true;
  } catch (error) {
    if (!(error instanceof DepthwiseError)) throw error;
    session.warn(`${error.message.includes(job.input) ? '' : `${job.input}: `}${error.message} [${error.code}]`);
    return false;
  }
}

async function work(
  model: DepthModel,
  job: Job,
  command: EstimateCommand,
  session: Session,
  reads: ProtectedFiles,
): Promise<void> {
  const { input, outputs, bytes } = job;
  const options = { onWarning: ({ message }: { message: string }) => session.warn(message) };
  const picture = await (bytes ? pictureOf(bytes, input, options) : readPicture(input, options));
  const started = performance.now();
  const { inputSize, square, size, focalLength, confidence } = command;
  const sizes = { square, size, ...optional({ inputSize }) };
  const depth = await model.estimate(picture, {
    ...sizes,
    ...optional({ focalLength, confidence }),
    signal: session.signal,
  });
  try {
    const { min, max, nonFinite } = await writeOutputs(outputs, depth, picture, command, reads);
    const lens = await writeViews(outputs, command, { depth, picture, ...optional({ focalLength }) }, reads);
    const guess = lens && guessedLens(lens);
    if (guess !== undefined) session.note(`${input}: ${guess}`);
    const milliseconds = Math.round(performance.now() - started);
    if (nonFinite > 0)
      session.warn(
        `${input}: ${nonFinite} of ${depth.width * depth.height} values are not finite; they are ` +
          `drawn black and stored as code 0.`,
      );
    if (outputs.picture === STANDARD) return;
    const { width, height } = depth;
    const plan = await model.plan(picture, { ...sizes, ...optional({ confidence }) });
    const facts = { width, height, min, max, nonFinite, milliseconds, plan };
    printResult(model, job, facts, command, session);
  } finally {
    depth.dispose();
  }
}

/** As `work`, of a video. @returns whether all of it could be read */
async function workClip(
  model: DepthModel,
  job: Job,
  command: EstimateCommand,
  session: Session,
  reads: ProtectedFiles,
): Promise<boolean> {
  const { input } = job;
  const { inputSize, square, size, focalLength } = command;
  const started = performance.now();
  const made = await estimateClip(model, job, command, session, reads, {
    square,
    size,
    ...optional({ inputSize, focalLength }),
  });
  const milliseconds = Math.round(performance.now() - started);
  const { frames, nonFinite, cut, fault, range } = made;
  if (nonFinite > 0)
    session.warn(`${input}: ${nonFinite} values are not finite; they are drawn black and stored as code 0.`);
  if (cut > 0)
    session.warn(
      `${input}: ${cut} of ${frames} frames have values that their codes cannot hold, and are cut off there.`,
    );
  if (fault !== undefined)
    session.warn(`${input}: is damaged or cut short: ${frames} frames could be read (${fault}).`);
  printResult(model, job, { frames, range, nonFinite, milliseconds }, command, session);
  return fault === undefined;
}

/** The files of a job, a line each, or a line of JSON about it with some facts of its own. */
function printResult(
  model: DepthModel,
  { input, outputs }: Job,
  facts: object,
  { json }: EstimateCommand,
  session: Session,
): void {
  const { name, kind, nearer, unit, precision, adapter } = model.info;
  const described = { input, outputs, model: name, kind, nearer, unit, ...facts, precision, adapter };
  session.print(json ? JSON.stringify(described) : Object.values(outputs).join('\n'));
}

function conclude(session: Session, { jobs, skipped, own }: Jobs, failed: number, shard?: Shard): number {
  session.progress.clear();
  if (own.length > 0) session.note(`left out, as depthwise wrote them: ${own.join(', ')}.`);
  for (const { path, reason } of skipped) session.warn(`passed over: ${path} ${reason}.`);
  // A part of the pictures may be none of them.
  const empty = jobs.length === 0 && shard === undefined;
  if (empty && skipped.length === 0) session.warn('there are no pictures there.');
  if (failed > 0 && jobs.length > 1) session.warn(`${failed} of ${jobs.length} pictures failed.`);
  return failed > 0 || skipped.length > 0 || empty ? 1 : 0;
}
