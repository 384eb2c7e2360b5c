import { stat } from 'node:fs/promises';
import { dirname, extname, join, parse, relative, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { DataFormats } from './arguments.js';
import { optional } from './parse_options.js';
import { findPictures, type FoundPicture, type Skipped } from './find_pictures.js';
import { requireWritable } from './places.js';
import { isInShard, type Shard } from './shard.js';
import { onDisk } from '../node/disk_names.js';
import { ProtectedFiles } from '../node/protected_files.js';
import { STANDARD } from '../node/streams.js';
import { CONTAINERS } from '../node/video/encoders.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import type { PipedClip, PipedClips } from '../node/video/piped_clips.js';
import { clipOutputs, containerFor, containerNamed, type ClipFormats } from './video/clip_options.js';
import { viewOutputs, type ViewFormats, type ViewOutputs } from './view_options.js';

/** Files one picture turns into; `semantics` says in JSON what the values of the data files mean. */
export interface Outputs extends ViewOutputs {
  readonly picture: string;
  readonly png16?: string;
  readonly pfm?: string;
  readonly npy?: string;
  readonly confidence?: string;
  /** The same in the formats of the depth. */
  readonly confidencePng16?: string;
  readonly confidencePfm?: string;
  readonly confidenceNpy?: string;
  readonly confidenceExr?: string;
  readonly sky?: string;
  readonly semantics?: string;
}

export interface Job {
  readonly input: string;
  /** The named folder it was found in. */
  readonly folder?: string;
  /** What came out of a pipe; a file is read when its turn comes. */
  readonly bytes?: Uint8Array;
  /** A video that came out of a pipe. */
  readonly piped?: PipedClip;
  /** Whether it is a video, and `outputs.picture` one too. */
  readonly clip?: boolean;
  readonly outputs: Outputs;
}

export interface Jobs {
  readonly jobs: readonly Job[];
  readonly skipped: readonly Skipped[];
  /** Our own results among the files named, which are left out beside photographs. */
  readonly own: readonly string[];
  /** What the command reads, which no output may be. */
  readonly reads: ProtectedFiles;
}

export interface JobOptions extends DataFormats, ViewFormats, ClipFormats {
  /** Folder, or the .png of a single picture or the file of a single video; beside each picture without it. */
  readonly output?: string;
  /** Stands behind the picture's own name: `<stem>-<model>.png`. */
  readonly model: string;
  /** What the model is read from, which no output may be. */
  readonly weights?: CheckpointSource;
  /** The part that is taken of all this. Names are given first, so that all parts agree on them. */
  readonly shard?: Shard;
  /** What keeps videos that come out of pipes; without it they are passed over. */
  readonly pipes?: PipedClips;
  readonly signal?: AbortSignal;
}

/**
 * Decides which pictures are read and which files each turns into, before any work is done. Where two pictures would
 * share an output, or one would be written over, names get the extension too: `a-jpg-<model>.png`. What still cannot be
 * written is passed over with its reason, and the rest is done.
 * @throws UsageError OPTION_INPUT, OPTION_VALUE for an impossible `output`, OUTPUT_COLLISION for a named output file
 *   that is read.
 */
export async function planJobs(inputs: readonly string[], options: JobOptions): Promise<Jobs> {
  const whole = await planAll(inputs, options);
  const { shard } = options;
  if (shard === undefined) return whole;
  return {
    ...whole,
    jobs: whole.jobs.filter(({ input, folder }) => isInShard(shard, { path: input, ...optional({ folder }) })),
    skipped: whole.skipped.filter((each) => isInShard(shard, each)),
  };
}

async function planAll(inputs: readonly string[], options: JobOptions): Promise<Jobs> {
  const { output } = options;
  const file = output !== undefined && output !== STANDARD && (await isOutputFile(output));
  const one = file || output === STANDARD;
  const found = await findPictures(inputs, one ? undefined : output, options.signal, options.pipes);
  const { pictures, own } = found;
  if (one && pictures.length > 1) {
    throw new UsageError(
      'OPTION_VALUE',
      `--output ${output} names one file, and there are ${pictures.length} pictures.`,
      {
        hint: 'Name a folder.',
        expected: 1,
        actual: pictures.length,
      },
    );
  }
  const reads = await ProtectedFiles.of(pictures.map(({ path }) => path));
  await reads.addWeights(options.weights);
  if (!one) {
    const { jobs, skipped } = await nameOutputs(pictures, options, reads);
    return { jobs, skipped: [...found.skipped, ...skipped], own, reads };
  }
  const outputs = file ? namedOutputs(output, pictures[0], options) : { picture: STANDARD };
  if (!file) for (const { path, clip } of pictures) if (clip) throw noStream(path);
  for (const path of file ? (Object.values(outputs) as string[]) : []) await reads.refuse(path);
  return { jobs: pictures.map((picture) => jobOf(picture, outputs)), skipped: found.skipped, own, reads };
}

function jobOf({ path, folder, bytes, piped, clip }: FoundPicture, outputs: Outputs): Job {
  return { input: path, outputs, ...optional({ folder, bytes, piped, clip }) };
}

/** The files of the one picture or video that is written to `output`. @throws UsageError OPTION_VALUE */
function namedOutputs(output: string, picture: FoundPicture | undefined, options: JobOptions): Outputs {
  const stem = withoutExtension(output);
  if (picture?.clip) return { ...clipOutputs(stem, options, containerFor(output, options)), picture: output };
  // Without a picture, what was passed over is told.
  if (!picture || containerNamed(output) === undefined) return { ...outputsOf(stem, options), picture: output };
  throw new UsageError('OPTION_VALUE', `--output ${output} is a video, and ${picture.path} is none.`, {
    hint: 'Depth of a picture is drawn as PNG.',
    actual: output,
  });
}

function noStream(path: string): UsageError {
  return new UsageError('OPTION_CONFLICT', `${path} is a video, which cannot go to standard output.`, {
    hint: 'Name a folder or a file with -o.',
    source: path,
  });
}

async function nameOutputs(
  pictures: readonly FoundPicture[],
  options: JobOptions,
  reads: ProtectedFiles,
): Promise<Pick<Jobs, 'jobs' | 'skipped'>> {
  const named = (withExtension: boolean) => (picture: FoundPicture) =>
    jobOf(picture, (picture.clip ? clipOutputs : outputsOf)(stemOf(picture, options, withExtension), options));
  const plain = pictures.map(named(false));
  const refused = await refusals(plain, reads);
  const jobs = plain.map((job, i) => (refused.has(job) ? named(true)(pictures[i]!) : job));
  const reasons = await refusals(jobs, reads);
  return {
    jobs: jobs.filter((job) => !reasons.has(job)),
    skipped: [...reasons].map(([{ input, folder }, reason]) => ({ path: input, reason, ...optional({ folder }) })),
  };
}

/** Jobs that cannot be done as they are named, and why. */
async function refusals(jobs: readonly Job[], reads: ProtectedFiles): Promise<Map<Job, string>> {
  const owners = new Map<string, Job[]>();
  const reasons = new Map<Job, string>();
  for (const job of jobs) {
    for (const output of Object.values(job.outputs) as string[]) {
      const key = identity(output);
      owners.set(key, [...(owners.get(key) ?? []), job]);
      const read = await reads.owner(output);
      if (read !== undefined) reasons.set(job, `would be written over ${read}, which is read`);
    }
  }
  for (const sharing of owners.values()) {
    if (sharing.length < 2) continue;
    const inputs = sharing.map(({ input }) => input).join(' and ');
    for (const job of sharing)
      reasons.set(job, `has the same output as another: ${inputs} give ${job.outputs.picture}`);
  }
  return reasons;
}

/**
 * Whether `output` names the drawing of a single picture, or a single video; a folder otherwise.
 * @throws UsageError OPTION_VALUE where nothing can be written there
 */
export async function isOutputFile(output: string): Promise<boolean> {
  const found = await stat(onDisk(output)).catch(() => undefined);
  const file = !found?.isDirectory() && isFileName(output, found !== undefined);
  await requireWritable('output', file ? dirname(output) : output);
  return file;
}

/** Endings of files that drawings are not written as, so that no folder gets such a name. */
const UNWRITTEN = [
  ...['.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.pfm', '.npy', '.json'],
  ...['.mov', '.m4v', '.avi', '.wmv', '.flv', '.mpg', '.mpeg', '.3gp'],
];

function isFileName(output: string, taken: boolean): boolean {
  const extension = extname(output).toLowerCase();
  if (extension === '.png' || containerNamed(output)) return true;
  if (taken || UNWRITTEN.includes(extension)) {
    throw new UsageError('OPTION_VALUE', `--output ${output} is neither a folder nor a .png or a video.`, {
      hint: `Depth is drawn as PNG, that of videos as ${CONTAINERS.join(', ')}; data files are named after it.`,
      actual: output,
    });
  }
  return false;
}

/**
 * Output path without an extension: beside the picture, or in `output` at the picture's place in the searched folder.
 */
function stemOf({ path, folder }: FoundPicture, { output, model }: JobOptions, withExtension: boolean): string {
  const place =
    output === undefined ? dirname(path) : join(output, folder === undefined ? '' : relative(folder, dirname(path)));
  const { name, ext } = parse(path === STANDARD ? 'stdin' : path);
  return join(place, `${name}${withExtension ? ext.replace('.', '-') : ''}-${model}`);
}

function outputsOf(stem: string, formats: DataFormats & ViewFormats): Outputs {
  const { png16, pfm, npy, exr, confidence, sky } = formats;
  return {
    picture: `${stem}.png`,
    ...(png16 && { png16: `${stem}-16bit.png` }),
    ...(pfm && { pfm: `${stem}.pfm` }),
    ...(npy && { npy: `${stem}.npy` }),
    ...(confidence && { confidence: `${stem}-confidence.png` }),
    ...(confidence && png16 && { confidencePng16: `${stem}-confidence-16bit.png` }),
    ...(confidence && pfm && { confidencePfm: `${stem}-confidence.pfm` }),
    ...(confidence && npy && { confidenceNpy: `${stem}-confidence.npy` }),
    ...(confidence && exr && { confidenceExr: `${stem}-confidence.exr` }),
    ...(sky && { sky: `${stem}-sky.png` }),
    ...viewOutputs(stem, formats),
    ...((png16 || pfm || npy) && { semantics: `${stem}.json` }),
  };
}

function withoutExtension(path: string): string {
  const { dir, name } = parse(path);
  return join(dir, name);
}

/** What makes two paths the same file; macOS and Windows do not tell letter case apart. */
function identity(path: string): string {
  const whole = resolve(path);
  return process.platform === 'darwin' || process.platform === 'win32' ? whole.toLowerCase() : whole;
}
