import { checkAnswers } from './answers.js';
import type { Engine } from './engine.js';
import { DeviceLostError, ModelMismatchError, type UsageError } from '../errors.js';
import { submit } from '../gpu/scoped.js';
import type { Executable } from '../graph/executor.js';
import type { Lifetime } from './lifetime.js';
import type { Finding } from './looks.js';
import { warningOf } from '../warnings.js';

/** Milliseconds from one look at what a program left to the next. */
const BETWEEN = 1000;

/** Looks from the last run that was recorded: its caller may submit it some time later. */
const LOOKS = 2;

/** What an encoded run leaves behind. */
export interface Encoded {
  readonly executable: Executable;
  /** Starts with its map f32, of `bytes` bytes. */
  readonly map: GPUBuffer;
  readonly bytes: number;
}

interface State {
  /** Looks to come. */
  left: number;
  /** When it was looked at last, in milliseconds. */
  time: number;
  busy: boolean;
}

const watches = new WeakMap<Lifetime, EncodeWatch>();

/** The watch over what a model has encoded. */
export function watchOf(life: Lifetime): EncodeWatch {
  const watch = watches.get(life) ?? new EncodeWatch(life);
  watches.set(life, watch);
  return watch;
}

/**
 * Looks at what `encode` recorded, in submits of its own, as only the caller knows when the runs are submitted. The
 * flag of values that f16 does not hold stays set until it is read, so that no run is missed, and a look a second is
 * enough.
 */
export class EncodeWatch {
  readonly #life: Lifetime;
  readonly #states = new WeakMap<Executable, State>();
  #fault: unknown;
  #changing: Promise<void> | undefined;

  constructor(life: Lifetime) {
    this.#life = life;
  }

  /** What has to settle before more is recorded: a change to f32, or the answer of a network in doubt. */
  get pending(): Promise<void> | undefined {
    const { engine } = this.#life;
    const doubt = engine.looks.doubtful && !engine.looks.answers;
    return this.#changing ?? (doubt ? this.#life.until(checkAnswers(this.#life, engine)) : undefined);
  }

  /**
   * Throws what was found since the last call: once that values were cut off or that the call was refused, always that
   * the network answers nothing.
   * @throws UsageError `ENCODE_ENCODER`, `ENCODE_DEVICE`; LimitError `LIMIT_F16_RANGE`; ModelMismatchError
   *   `MODEL_FLAT`; the errors of loading the model in f32
   */
  check(): void {
    const fault = this.#fault;
    if (!(fault instanceof ModelMismatchError)) this.#fault = undefined;
    if (fault) throw fault as Error;
  }

  /** Tells of what a call is refused for once it has returned: the next one throws it. */
  async refuse(engine: Engine, found: Promise<UsageError | undefined>): Promise<void> {
    // Recording itself may have thrown.
    const fault = await found.catch((error: unknown) => error as UsageError);
    if (!fault || this.#life.over) return;
    this.#fault ??= fault;
    engine.warn(warningOf(fault));
  }

  /** Looks at a run that was just recorded, after the caller's turn. */
  follow(engine: Engine, encoded: Encoded): void {
    const { executable } = encoded;
    if (!executable.overflow && engine.looks.answers) return;
    const state = this.#states.get(executable) ?? { left: 0, time: -Infinity, busy: false };
    this.#states.set(executable, state);
    state.left = LOOKS;
    if (!state.busy) void this.#watch(state, engine, encoded);
  }

  async #watch(state: State, engine: Engine, encoded: Encoded): Promise<void> {
    state.busy = true;
    while (state.left > 0) {
      await pause(state.time + BETWEEN - performance.now());
      state.left--;
      state.time = performance.now();
      await this.#look(engine, encoded);
    }
    state.busy = false;
  }

  async #look(engine: Engine, encoded: Encoded): Promise<void> {
    const found = await this.#read(engine, encoded);
    const work = async (): Promise<void> => {
      try {
        if (found === 'overflow') await this.#life.inFull(engine);
        else await checkAnswers(this.#life, engine);
      } catch (error) {
        if (this.#life.over || error instanceof DeviceLostError) return;
        this.#fault = error;
        engine.warn(warningOf(error));
      }
    };
    if (found === 'flat') await work();
    if (found === 'overflow') await (this.#changing = work().finally(() => (this.#changing = undefined)));
  }

  /** What a look finds; nothing on a device, a model or a program that is gone: the next call says so itself. */
  async #read(engine: Engine, { executable, map, bytes }: Encoded): Promise<Finding | undefined> {
    if (this.#life.over || this.#life.engine !== engine || engine.gpu.lost) return undefined;
    const look = engine.looks.look(executable);
    try {
      await submit(engine.gpu, { what: 'a look at encoded maps', phase: 'run' }, (encoder) => {
        look?.end(encoder, map, bytes);
        look?.begin(encoder);
      });
      return await this.#life.guard(engine, Promise.resolve(look?.found()));
    } catch {
      return undefined;
    } finally {
      look?.dispose();
    }
  }
}

/** Keeps no process alive. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, Math.max(0, milliseconds));
    (timer as { unref?: () => void }).unref?.();
  });
}
