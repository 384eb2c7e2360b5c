import { element } from './elements.js';
import { ARROWS, isShortcut } from './keys.js';

/** A spot of the picture as fractions of its width and height, 0 to just under 1. */
export interface Spot {
  readonly u: number;
  readonly v: number;
}

const STEP = 0.01;

/** Follows the pointer, or the arrow keys where the map is on show, over each frame, and marks the same spot in all. */
export class Probe {
  readonly #frames = ['map-frame', 'other-frame', 'difference-frame'].map((id) => element(id, HTMLElement));
  readonly #onMove: () => void;
  readonly #takes: (input: 'pointer' | 'keys') => boolean;
  #spot: Spot | undefined;

  /**
   * @param onMove called whenever the spot has moved
   * @param takes whether the pointer or the arrow keys move it, and not something else
   */
  constructor(onMove: () => void, takes: (input: 'pointer' | 'keys') => boolean) {
    this.#onMove = onMove;
    this.#takes = takes;
    for (const frame of this.#frames) {
      const follow = (event: PointerEvent) => {
        if (!this.#takes('pointer')) return;
        const box = frame.getBoundingClientRect();
        this.#moveTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      };
      frame.addEventListener('pointermove', follow);
      frame.addEventListener('pointerdown', follow);
      frame.addEventListener('keydown', (event) => this.#step(event));
    }
  }

  get spot(): Spot | undefined {
    return this.#spot;
  }

  #step(event: KeyboardEvent): void {
    const direction = ARROWS[event.key];
    if (!direction || isShortcut(event) || !this.#takes('keys')) return;
    event.preventDefault();
    const step = event.shiftKey ? 10 * STEP : STEP;
    const { u, v } = this.#spot ?? { u: 0.5, v: 0.5 };
    this.#moveTo(u + direction[0] * step, v + direction[1] * step);
  }

  #moveTo(u: number, v: number): void {
    const inside = (x: number) => Math.min(1 - 1e-6, Math.max(0, x));
    this.#spot = { u: inside(u), v: inside(v) };
    for (const frame of this.#frames) {
      const marker = frame.querySelector<HTMLElement>('.marker');
      if (!marker) continue;
      marker.hidden = false;
      marker.style.setProperty('--u', String(this.#spot.u));
      marker.style.setProperty('--v', String(this.#spot.v));
    }
    this.#onMove();
  }
}
