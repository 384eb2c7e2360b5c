import type { EncodedPart } from './clip_encoder.js';
import { openStore, type ClipStore } from './clip_store.js';
import type { Codec } from './codecs.js';

/** What the values of a whole video span. */
export interface ClipRange {
  readonly min: number;
  readonly max: number;
  /** 2nd and 98th percentile. */
  readonly low: number;
  readonly high: number;
}

/** What is done of a video. */
export interface ClipState {
  /** What it is made of and how: other work is not gone on with. */
  readonly key: string;
  readonly range: ClipRange;
  /** Of its parts; undefined before the first. */
  readonly codec?: Codec;
  readonly parts: number;
  readonly frames: number;
  /** When the last of the frames is shown, in seconds. */
  readonly last?: number;
  /** Whether all frames are done. */
  readonly over?: boolean;
  /** What is wrong with the video, where something is; known when it is over. */
  readonly fault?: string | undefined;
}

const STATE = 'state.json';
const part = (index: number) => `part-${index}`;
const kept = (parts: number) => `after-${parts}`;

/** The depth video that is made, part by part, and kept until it is whole. There is one at a time. */
export class ClipWork {
  readonly #store: ClipStore;
  #state: ClipState | undefined;

  private constructor(store: ClipStore, state: ClipState | undefined) {
    this.#store = store;
    this.#state = state;
  }

  /**
   * The work of a key, to go on with where it is there, else from the beginning.
   * @param resumes whether frames may be done apart from those before them; of others only work that is over counts
   */
  static async open(key: string, resumes: boolean): Promise<ClipWork> {
    const store = await openStore();
    try {
      const state = parsed(await (await store.read(STATE))?.text());
      const same = state?.key === key && (resumes || state.over);
      if (!same) await store.clear();
      return new ClipWork(store, same ? state : undefined);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  get state(): ClipState | undefined {
    return this.#state;
  }

  async save(state: ClipState): Promise<ClipState> {
    await this.#store.write(STATE, new Blob([JSON.stringify(state)]));
    this.#state = state;
    return state;
  }

  /** Keeps a part behind those of a state, and what a steady stream keeps after it. @returns what is done then */
  async add(state: ClipState, made: EncodedPart, steady: Uint8Array | undefined): Promise<ClipState> {
    await this.#store.write(part(state.parts), made.content);
    if (steady) await this.#store.write(kept(state.parts + 1), new Blob([steady as Uint8Array<ArrayBuffer>]));
    const { codec, frames, last } = made;
    const next = { ...state, codec, parts: state.parts + 1, frames: state.frames + frames, last };
    await this.save(next);
    await this.#store.remove(kept(state.parts));
    return next;
  }

  /** What a steady stream kept after the parts that are there. */
  async steady({ parts }: ClipState): Promise<Uint8Array | undefined> {
    const blob = await this.#store.read(kept(parts));
    return blob && new Uint8Array(await blob.arrayBuffer());
  }

  /** The parts of a state in order. @throws Error where one is gone, as when a visitor clears what pages keep */
  async *parts({ parts }: ClipState): AsyncGenerator<Blob, void, undefined> {
    for (let i = 0; i < parts; i++) {
      const found = await this.#store.read(part(i));
      if (!found) throw new Error('What was done of the video is not there any more. Make it again.');
      yield found;
    }
  }

  /** Forgets all of it. */
  async clear(): Promise<void> {
    this.#state = undefined;
    await this.#store.clear();
  }

  /** Leaves it as it is. */
  close(): void {
    this.#store.close();
  }
}

/** What a file says is done; undefined where it says nothing. */
function parsed(text = 'null'): ClipState | undefined {
  try {
    return (JSON.parse(text) as ClipState | null) ?? undefined;
  } catch {
    return undefined;
  }
}
