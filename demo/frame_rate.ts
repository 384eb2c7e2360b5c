/** Frames per second over the last second or so. */
export class FrameRate {
  #times: number[] = [];

  tick(now = performance.now()): number {
    this.#times = [...this.#times.slice(-30), now].filter((time, i, all) => i >= all.length - 2 || now - time < 1500);
    const first = this.#times[0] as number;
    return now > first ? (1000 * (this.#times.length - 1)) / (now - first) : 0;
  }
}
