/** Runs submitted and not done: the GPU computes one while the next is recorded. */
const IN_FLIGHT = 2;

/** What waits when a run is asked for: it goes last, or takes the place of those that wait and may be left out. */
export type Queueing = 'all' | 'latest';

/** A run's place among the others. */
export interface Turn {
  /** Settles when the run may be submitted; undefined where it may be at once. Rejects when it is left out. */
  readonly wait: Promise<void> | undefined;
  /** Keeps the place until submitted work is over, whether or not anyone still waits for it. */
  during(work: Promise<unknown>): void;
  /** Gives the place up, unless submitted work keeps it. Safe to call twice. */
  end(): void;
}

interface Waiting {
  readonly queueing: Queueing;
  readonly start: () => void;
  readonly leaveOut: () => void;
}

/** Lets two runs at a time onto the GPU, in the order of the calls. One that is given up while it waits never runs. */
export class RunQueue {
  readonly #waiting = new Set<Waiting>();
  readonly #idle: (() => void)[] = [];
  #inFlight = 0;
  #held = 0;

  /** Settles when no run is under way, waits or is being made ready. */
  async over(): Promise<void> {
    if (this.#inFlight + this.#held > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Counts a run among those that `over` waits for, though it takes no turn, until what this returns is called. */
  hold(): () => void {
    this.#held++;
    return () => {
      this.#held--;
      this.#tell();
    };
  }

  take(queueing: Queueing = 'all'): Turn {
    if (queueing === 'latest') this.#leaveOut();
    if (this.#inFlight < IN_FLIGHT) {
      this.#inFlight++;
      return { wait: undefined, ...this.#place(() => this.#next()) };
    }
    let give = (): void => this.#next();
    const wait = new Promise<void>((resolve, reject) => {
      const entry: Waiting = {
        queueing,
        start: () => {
          give = () => this.#next();
          resolve();
        },
        leaveOut: () => reject(new DOMException('A later call took the place of this one.', 'AbortError')),
      };
      this.#waiting.add(entry);
      // What is given up settles, or those who wait with it would be held for good.
      give = () => {
        this.#waiting.delete(entry);
        entry.leaveOut();
      };
    });
    wait.catch(() => undefined);
    return { wait, ...this.#place(() => give()) };
  }

  #place(give: () => void): Pick<Turn, 'during' | 'end'> {
    let held = true;
    const leave = (): void => {
      if (held) give();
      held = false;
    };
    let submitted = false;
    return {
      during: (work) => {
        submitted = true;
        work.then(leave, leave);
      },
      end: () => {
        if (!submitted) leave();
      },
    };
  }

  /** Hands the place of a run that is over to the next. */
  #next(): void {
    const [entry] = this.#waiting;
    if (!entry) {
      this.#inFlight--;
      this.#tell();
      return;
    }
    this.#waiting.delete(entry);
    entry.start();
  }

  #tell(): void {
    if (this.#inFlight + this.#held === 0) for (const tell of this.#idle.splice(0)) tell();
  }

  #leaveOut(): void {
    for (const entry of this.#waiting) {
      if (entry.queueing !== 'latest') continue;
      this.#waiting.delete(entry);
      entry.leaveOut();
    }
  }
}
