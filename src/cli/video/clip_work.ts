import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Rational } from '../../node/video/probe.js';
import { write } from '../write_outputs.js';
import { workName } from './clip_options.js';
import type { ClipRange } from './clip_range.js';

/** A part of a video whose depth is done. */
export interface DonePart {
  readonly frames: number;
  /** When its first frame is shown, in units of the time base. */
  readonly pts: number;
}

/** What is done of a video. */
export interface ClipState {
  /** What it is made of and how: other work is not gone on with. */
  readonly key: string;
  readonly range: ClipRange;
  /** That of the scenes of all frames, in degrees; known once a scene was made. */
  readonly fieldOfView?: number | undefined;
  readonly timeBase?: Rational;
  readonly parts: readonly DonePart[];
  /** Values that are not finite, and frames with values that 16-bit codes cannot hold, so far. */
  readonly nonFinite: number;
  readonly cut: number;
  /** Whether all frames are done. */
  readonly over?: boolean;
  /** What is wrong with the video, where something is; known when it is over. */
  readonly fault?: string | undefined;
}

const STATE = 'state.json';

/** What is kept while the depth of a video is made: its parts, in a hidden folder beside the output. */
export class ClipWork {
  readonly folder: string;
  readonly #key: string;
  /** What is done; undefined where nothing is. */
  #state: ClipState | undefined;

  private constructor(folder: string, key: string) {
    this.folder = folder;
    this.#key = key;
  }

  /**
   * The work on an output, to go on with where it is the same, else from the beginning.
   * @param resumes whether frames may be done apart from those before them; of others only work that is over counts
   */
  static async open(output: string, key: string, resumes: boolean): Promise<ClipWork> {
    const work = new ClipWork(join(dirname(output), workName(basename(output))), key);
    const text = await readFile(work.path(STATE), 'utf8').catch(() => 'null');
    const state = parsed(text);
    if (state?.key === key && (resumes || state.over)) work.#state = state;
    else await work.remove();
    return work;
  }

  get state(): ClipState | undefined {
    return this.#state;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The file of a part, by its number and what it is of. */
  part(index: number, name: string): string {
    return this.path(`${String(index).padStart(6, '0')}-${name}`);
  }

  /** What a steady stream keeps after a number of parts. */
  kept(parts: number): string {
    return this.path(`after-${parts}.bin`);
  }

  /** Notes the range of a video of which nothing else is done. */
  async begin(range: ClipRange): Promise<ClipState> {
    return this.save({ key: this.#key, range, parts: [], nonFinite: 0, cut: 0 });
  }

  async save(state: ClipState): Promise<ClipState> {
    await write(this.path(STATE), JSON.stringify(state));
    this.#state = state;
    return state;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Frames that are done. */
export function framesOf({ parts }: ClipState): number {
  return parts.reduce((sum, { frames }) => sum + frames, 0);
}

/** What a file says is done; undefined where it says nothing. */
function parsed(text: string): ClipState | undefined {
  try {
    return (JSON.parse(text) as ClipState | null) ?? undefined;
  } catch {
    return undefined;
  }
}
