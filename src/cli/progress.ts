import { escapeControls } from '../errors.js';

/** The part of a terminal stream that a progress bar needs. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 80;
const BAR = 24;

/**
 * One line that is drawn over as work goes on. Silent where the stream is not a terminal, so that logs and pipes stay
 * clean.
 */
export class ProgressBar {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #drawnAt = -Infinity;
  #visible = false;

  constructor(stream: ProgressStream = process.stderr, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Shows `done` of `total` with a label; redraws a few times a second at most, and always at the end. */
  update(label: string, done: number, total: number): void {
    const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
    if (!this.#stream.isTTY || (share < 1 && this.#now() - this.#drawnAt < REDRAW_MS)) return;
    const filled = Math.round(share * BAR);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${`${Math.floor(share * 100)}`.padStart(3)} %`;
    const room = Math.max(0, (this.#stream.columns || 80) - bar.length - 2);
    const text = escapeControls(label).replace(/[\t\n]/g, ' ');
    this.#stream.write(`\r\x1b[K${bar} ${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text}`);
    this.#drawnAt = this.#now();
    this.#visible = true;
  }

  /** Takes the line away, before anything else is written and at the end. */
  clear(): void {
    if (!this.#visible) return;
    this.#stream.write('\r\x1b[K');
    this.#visible = false;
    this.#drawnAt = -Infinity;
  }
}
