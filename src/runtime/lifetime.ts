import { disposed } from '../errors.js';
import type { Engine } from './engine.js';
import { Latch } from '../gpu/latch.js';
import type { Gpu } from '../gpu/gpu.js';
import { untilAborted } from '../arguments/abort.js';
import { parts } from '../parts.js';

/** Loads a model again, on a device of its own or one that is there, and in f32 where f16 was found not to do. */
export type Reload = (
  signal: AbortSignal,
  change: { readonly precision?: 'f32'; readonly gpu?: Gpu },
) => Promise<Engine>;

/** How often a lost device is made up for: so many times in so many milliseconds. */
const RELOADS = { most: 2, within: 60_000 };

/**
 * The engine of a model from load to dispose. An engine whose device is lost is replaced by one loaded anew, when the
 * device was not the caller's.
 */
export class Lifetime {
  readonly #load: Reload;
  readonly #end = new Latch();
  readonly #abort = new AbortController();
  #engine: Engine;
  #reloading: Promise<Engine> | undefined;
  #widening: Promise<Engine> | undefined;
  /** The engine that stored f16, where encoders of the caller may hold its buffers. */
  #lent: WeakRef<Engine> | undefined;
  /** Set once values were found that f16 does not hold. */
  #full = false;
  #reloads: number[] = [];

  /** @param load loads the same model again */
  constructor(engine: Engine, load: Reload) {
    this.#engine = engine;
    this.#load = load;
  }

  /** The engine as it is, even if its device is lost. */
  get engine(): Engine {
    return this.#engine;
  }

  /**
   * An engine to work with: at once, or a promise when it has to be loaded anew. Calls that await it at once go on in
   * the order they came.
   * @throws DisposedError, DeviceLostError when the device was the caller's or is lost time and again
   */
  ready(signal?: AbortSignal): Engine | Promise<Engine> {
    this.usable();
    if (!this.#engine.gpu.lost) return this.#engine;
    if (!this.#engine.gpu.owned) this.#engine.gpu.check('run');
    this.#reloading ??= this.#reload().finally(() => (this.#reloading = undefined));
    return this.until(this.#reloading, signal);
  }

  /**
   * The model in f32 on the same device, after a run of `engine` had values that f16 does not hold. The engine goes
   * when its runs are over; one whose buffers the caller's encoders may hold is left to the garbage collector, as only
   * the caller knows when they are submitted.
   * @throws LimitError `LIMIT_F16_RANGE` where f16 was asked for; the errors of loading
   */
  inFull(engine: Engine, signal?: AbortSignal): Promise<Engine> | Engine {
    if (engine !== this.#engine) return this.ready(signal);
    this.#widening ??= this.#widen(engine).finally(() => (this.#widening = undefined));
    return this.until(this.#widening, signal);
  }

  async #widen(engine: Engine): Promise<Engine> {
    const full = await this.#load(this.#abort.signal, { precision: 'f32', gpu: engine.gpu });
    if (this.#end.over) {
      full.dispose();
      throw disposed('This depth model', 'run');
    }
    this.#full = true;
    this.#engine = full;
    void engine.runs.over().then(() => {
      if (engine.lent && !this.#end.over) this.#lent = new WeakRef(engine);
      else engine.dispose();
    });
    return full;
  }

  /**
   * Settles as work on an engine does, but rejects at once when the signal says so, the model is disposed or the device
   * is lost, and passes on no result of an unsound device.
   */
  guard<T>(engine: Engine, work: Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.until(engine.gpu.guard('run', work), signal);
  }

  /** Settles as `work` does, but rejects at once when the signal says so or the model is disposed. */
  until<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    return untilAborted(
      this.#end.until(work, () => disposed('This depth model', 'run')),
      signal,
    );
  }

  /** Whether the model has been disposed. */
  get over(): boolean {
    return this.#end.over;
  }

  /** @throws DisposedError */
  usable(): void {
    if (this.#end.over) throw disposed('This depth model', 'run');
  }

  /** Frees the engine and a device made for it; what is pending rejects. Safe to call twice. */
  dispose(): void {
    if (this.#end.over) return;
    this.#end.end();
    this.#abort.abort();
    this.#lent?.deref()?.dispose();
    discard(this.#engine);
  }

  async #reload(): Promise<Engine> {
    const now = performance.now();
    this.#reloads = this.#reloads.filter((time) => now - time < RELOADS.within);
    if (this.#reloads.length >= RELOADS.most) throw (await parts.rare()).lostTooOften(RELOADS.most);
    this.#reloads.push(now);
    discard(this.#engine);
    const engine = await this.#load(this.#abort.signal, this.#full ? { precision: 'f32' } : {});
    if (this.#end.over) {
      discard(engine);
      throw disposed('This depth model', 'run');
    }
    return (this.#engine = engine);
  }
}

function discard(engine: Engine): void {
  engine.dispose();
  engine.gpu.dispose();
}
