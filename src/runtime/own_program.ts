import type { Engine, Lease, Program, ProgramBuilder } from './engine.js';
import { programKey, type Geometry } from './estimate.js';

interface Held {
  readonly engine: Engine;
  readonly size: string;
  readonly key: string;
  readonly release: () => void;
}

/** Streams of an engine that hold a program. */
const taken = new WeakMap<Engine, Set<number>>();

/** The program of one stream, which no other one has: what the stream keeps lies in inputs of it. */
export class OwnProgram {
  readonly #use: string;
  #held: Held | undefined;

  /** @param use name of what the program is for, in its key */
  constructor(use: string) {
    this.#use = use;
  }

  /**
   * A lease of the program; another size or engine starts anew.
   * @param begin told of a program that is new to the stream, which is ready where another stream left it
   */
  lease(engine: Engine, geometry: Geometry, build: ProgramBuilder, begin: (ready: Program | undefined) => void): Lease {
    const size = programKey('', geometry);
    if (this.#held?.engine !== engine || this.#held.size !== size) this.#start(engine, size, build, begin);
    return engine.lease((this.#held as Held).key, build);
  }

  /** Leaves the program to other streams. */
  end(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #start(engine: Engine, size: string, build: ProgramBuilder, begin: (ready: Program | undefined) => void): void {
    this.end();
    const numbers = taken.get(engine) ?? new Set();
    taken.set(engine, numbers);
    let number = 0;
    while (numbers.has(number)) number++;
    const key = `${this.#use} ${number}${size}`;
    // Held between maps too, so that the state outlives programs of other sizes.
    const { ready, release } = engine.lease(key, build);
    numbers.add(number);
    this.#held = {
      engine,
      size,
      key,
      release: () => {
        numbers.delete(number);
        release();
      },
    };
    begin(ready);
  }
}
