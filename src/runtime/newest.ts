/** Settles as work does, or gives up on it by rejecting. */
export type Waiting = <T>(work: Promise<T>) => Promise<T>;

/** Holds the newest of what comes until it is taken. */
export class Newest<T> {
  readonly #leaveOut: (value: T) => void;
  #held: { readonly value: T } | undefined;
  #over = false;
  #fault: { readonly fault: unknown } | undefined;
  #wake = (): void => {};

  /** @param leaveOut takes what nobody will: what a newer one replaced, or came when it was over */
  constructor(leaveOut: (value: T) => void = () => undefined) {
    this.#leaveOut = leaveOut;
  }

  get over(): boolean {
    return this.#over;
  }

  put(value: T): void {
    const old = this.#over ? { value } : this.#held;
    if (!this.#over) this.#held = { value };
    if (old) this.#leaveOut(old.value);
    this.#wake();
  }

  /** Nothing more comes; what is held is still given, and then the fault thrown. */
  end(fault?: { readonly fault: unknown }): void {
    this.#over = true;
    this.#fault ??= fault;
    this.#wake();
  }

  /** What is held each time something is asked for, waited for where there is nothing. */
  async *all(waiting: Waiting): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        if (!this.#held && !this.#over) await waiting(new Promise<void>((resolve) => (this.#wake = resolve)));
        const held = this.#held;
        this.#held = undefined;
        if (held) yield held.value;
        else if (this.#fault) throw this.#fault.fault;
        else if (this.#over) return;
      }
    } finally {
      this.#over = true;
      if (this.#held) this.#leaveOut(this.#held.value);
      this.#held = undefined;
    }
  }
}
