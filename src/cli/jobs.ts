import { stat } from 'node:fs/promises';
import { dirname, extname, join, parse, relative, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { DataFormats } from './arguments.js';
import { findPictures, type FoundPicture, type Skipped } from './find_pictures.js';
import { requireWritable } from './places.js';

/** Files one picture turns into; `semantics` says in JSON what the values of the data files mean. */
export interface Outputs {
  readonly picture: string;
  readonly png16?: string;
  readonly pfm?: string;
  readonly npy?: string;
  readonly semantics?: string;
}

export interface Job {
  readonly input: string;
  readonly outputs: Outputs;
}

export interface Jobs {
  readonly jobs: readonly Job[];
  readonly skipped: readonly Skipped[];
}

export interface JobOptions extends DataFormats {
  /** Folder, or the .png of a single picture; beside each picture without it. */
  readonly output?: string;
  /** Stands behind the picture's own name: `<stem>-<model>.png`. */
  readonly model: string;
}

/**
 * Decides which pictures are read and which files each turns into, before any work is done.
 * @throws UsageError OPTION_INPUT, OPTION_VALUE for an impossible `output`, OUTPUT_COLLISION naming both pictures.
 */
export async function planJobs(inputs: readonly string[], options: JobOptions): Promise<Jobs> {
  const { output } = options;
  const file = output !== undefined && (await isOutputFile(output));
  const { pictures, skipped } = await findPictures(inputs, file ? undefined : output);
  if (file && pictures.length > 1) {
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
  const jobs = pictures.map((picture) => ({
    input: picture.path,
    outputs: file
      ? { ...outputsOf(withoutExtension(output), options), picture: output }
      : outputsOf(stemOf(picture, options), options),
  }));
  refuseCollisions(jobs);
  return { jobs, skipped };
}

/**
 * Whether `output` names the drawing of a single picture; a folder otherwise.
 * @throws UsageError OPTION_VALUE where nothing can be written there
 */
export async function isOutputFile(output: string): Promise<boolean> {
  const found = await stat(output).catch(() => undefined);
  const file = !found?.isDirectory() && isPngName(output, found !== undefined);
  await requireWritable('output', file ? dirname(output) : output);
  return file;
}

function isPngName(output: string, taken: boolean): boolean {
  const extension = extname(output).toLowerCase();
  if (extension === '.png') return true;
  if (taken || ['.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif', '.pfm', '.npy', '.json'].includes(extension)) {
    throw new UsageError('OPTION_VALUE', `--output ${output} is neither a folder nor a .png.`, {
      hint: 'Depth is drawn as PNG; data files are named after it.',
      actual: output,
    });
  }
  return false;
}

/**
 * Output path without an extension: beside the picture, or in `output` at the picture's place in the searched folder.
 */
function stemOf({ path, folder }: FoundPicture, { output, model }: JobOptions): string {
  const place =
    output === undefined ? dirname(path) : join(output, folder === undefined ? '' : relative(folder, dirname(path)));
  return join(place, `${parse(path).name}-${model}`);
}

function outputsOf(stem: string, { png16, pfm, npy }: DataFormats): Outputs {
  return {
    picture: `${stem}.png`,
    ...(png16 && { png16: `${stem}-16bit.png` }),
    ...(pfm && { pfm: `${stem}.pfm` }),
    ...(npy && { npy: `${stem}.npy` }),
    ...((png16 || pfm || npy) && { semantics: `${stem}.json` }),
  };
}

function withoutExtension(path: string): string {
  const { dir, name } = parse(path);
  return join(dir, name);
}

function refuseCollisions(jobs: readonly Job[]): void {
  const owners = new Map(jobs.map(({ input }) => [identity(input), input]));
  for (const { input, outputs } of jobs) {
    for (const output of Object.values(outputs) as string[]) {
      const owner = owners.get(identity(output));
      if (owner !== undefined) throw collision(input, owner, output);
      owners.set(identity(output), input);
    }
  }
}

function collision(input: string, owner: string, output: string): UsageError {
  const overwrites = identity(owner) === identity(output);
  const what = overwrites
    ? `The depth of ${input} would overwrite the picture ${output}.`
    : `${owner} and ${input} would both be written to ${output}.`;
  return new UsageError('OUTPUT_COLLISION', what, {
    hint: 'Rename one, or run them into different folders.',
    source: input,
    actual: output,
  });
}

/** What makes two paths the same file; macOS and Windows do not tell letter case apart. */
function identity(path: string): string {
  const whole = resolve(path);
  return process.platform === 'darwin' || process.platform === 'win32' ? whole.toLowerCase() : whole;
}
