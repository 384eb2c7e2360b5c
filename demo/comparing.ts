import type { DrawOptions } from 'depthwise';
import type { Compared, Comparison } from './comparison.js';
import type { Spot } from './probe.js';
import type { Report } from './report.js';

/** The comparison of maps, which is fetched when it is first looked at. */
export class Comparing {
  readonly #report: Report;
  readonly #look: () => DrawOptions;
  #comparison: Comparison | undefined;
  #compared: Compared | undefined;
  #choice: string | undefined;
  #active = false;

  constructor(report: Report, look: () => DrawOptions) {
    this.#report = report;
    this.#look = look;
  }

  /** What the first map is compared with, for a link. */
  get choice(): string | undefined {
    return this.#comparison ? this.#comparison.choice : this.#choice;
  }

  set choice(choice: string | undefined) {
    this.#choice = choice;
  }

  /** Whether the comparison is looked at. */
  set active(active: boolean) {
    const begins = active && !this.#active;
    this.#active = active;
    if (begins) void this.#begin().catch((error: unknown) => this.#report.fail(error));
  }

  /** Takes another picture with its map, or none. */
  take(compared: Compared | undefined): void {
    this.#compared = compared;
    this.#comparison?.take(compared);
    if (this.#active) void this.#comparison?.show();
  }

  /** Draws anew, after a change of look. */
  redraw(): void {
    if (this.#active) void this.#comparison?.redraw();
  }

  /** Reads the second map at a spot. */
  read(spot: Spot | undefined): void {
    this.#comparison?.read(spot);
  }

  async #begin(): Promise<void> {
    if (!this.#comparison) {
      const { Comparison } = await import('./comparison.js');
      this.#comparison ??= new Comparison(this.#report, this.#look, this.#choice);
      this.#comparison.take(this.#compared);
    }
    await this.#comparison.show();
  }
}
