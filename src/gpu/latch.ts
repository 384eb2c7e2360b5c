/** Something that ends once, and takes what is pending with it. */
export class Latch {
  readonly #pending = new Set<() => void>();
  #over = false;

  get over(): boolean {
    return this.#over;
  }

  /** Rejects all that is pending. Safe to call twice. */
  end(): void {
    this.#over = true;
    for (const stop of this.#pending) stop();
    this.#pending.clear();
  }

  /** Settles as `work` does, or rejects with `error()` as soon as this ends; `work` is then left to end alone. */
  until<T>(work: Promise<T>, error: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(error());
      if (this.#over) stop();
      else this.#pending.add(stop);
      void work.then(resolve, reject).finally(() => this.#pending.delete(stop));
    });
  }
}
