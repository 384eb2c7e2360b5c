import { typesOf, type Node } from './graph.js';

/**
 * Milliseconds a submit should last at most: a page cannot draw meanwhile, and systems reset a GPU that is busy for
 * seconds.
 */
const LONGEST = 100;
/** Work a millisecond that a GPU is trusted with until it has been timed, in flops. */
const CAUTIOUS = 5e8;

/** Tells from measured time, or before that from the work, how many submits a run should be. */
export class Pace {
  /** Work up to the end of each step. */
  readonly #work: readonly number[];
  #milliseconds: number | undefined;

  constructor(order: readonly Node[]) {
    let work = 0;
    this.#work = order.map(
      ({ op, inputs, attrs, outputs }) => (work += op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops),
    );
  }

  /** Notes how long a run took, with all that it waited for: the least time is the truest. */
  noteDuration(milliseconds: number): void {
    this.#milliseconds = Math.min(milliseconds, this.#milliseconds ?? Infinity);
  }

  /** Ends of the submits of a run, in steps: nearly always one. */
  ends(): number[] {
    const steps = this.#work.length;
    const total = this.#work.at(-1) ?? 0;
    const submits = Math.min(steps, Math.ceil((this.#milliseconds ?? total / CAUTIOUS) / LONGEST));
    const ends = Array.from(
      { length: Math.max(0, submits - 1) },
      (_, i) => 1 + this.#work.findIndex((work) => work >= ((i + 1) * total) / submits),
    );
    return [...new Set([...ends.filter((end) => end < steps), steps])];
  }
}
