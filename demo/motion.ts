import { element } from './elements.js';
import { ARROWS, isShortcut } from './keys.js';
import type { Gaze } from './scene_frames.js';
import type { ViewName, ViewSettings } from './view_settings.js';

/** Part of the way to where the pointer is that the gaze goes in a frame. */
const EASE = 0.14;
const STILL = 0.004;
/** Milliseconds that the picture sways by itself, once, to show that it can. */
const SWAY = 2600;

/** What views are moved by. */
export interface Moving {
  readonly settings: ViewSettings;
  /** What moves: the view on show, and the map where there is no scene. */
  readonly view: () => ViewName;
  /** Called whenever the gaze or the settings have changed; `false` where settings did not. */
  readonly onMove: (changed: boolean) => void;
}

/** Moves the viewpoint with the pointer and the arrow keys. */
export class Motion {
  readonly #frame = element('map-frame', HTMLElement);
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #moving: Moving;
  #gaze: Gaze = { x: 0, y: 0 };
  #aim: Gaze = { x: 0, y: 0 };
  #easing = false;
  #swayed = false;

  constructor(moving: Moving) {
    this.#moving = moving;
    const frame = this.#frame;
    frame.addEventListener('pointermove', (event) => this.#follow(event));
    frame.addEventListener('pointerleave', () => this.#look(0, 0));
    frame.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Where the scene is looked at from. */
  get gaze(): Gaze {
    return this.#gaze;
  }

  /** Moves a little by itself the first time, where motion is welcome. */
  sway(): void {
    if (this.#swayed || this.#calm.matches) return;
    this.#swayed = true;
    const start = performance.now();
    const step = (now: number) => {
      const t = (now - start) / SWAY;
      const on = t < 1 && this.#moving.view() === 'parallax';
      this.#look(on ? Math.sin(2 * Math.PI * t) * (1 - t) : 0, on ? 0.4 * Math.sin(4 * Math.PI * t) * (1 - t) : 0);
      if (on) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #follow(event: PointerEvent): void {
    if (this.#moving.view() !== 'parallax' || this.#calm.matches) return;
    const box = this.#frame.getBoundingClientRect();
    this.#look((2 * (event.clientX - box.left)) / box.width - 1, (2 * (event.clientY - box.top)) / box.height - 1);
  }

  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (!arrow || isShortcut(event) || this.#moving.view() !== 'parallax') return;
    this.#look(this.#aim.x + arrow[0] / 4, this.#aim.y + arrow[1] / 4);
    event.preventDefault();
  }

  #look(x: number, y: number): void {
    this.#aim = { x: clamp(x, -1, 1), y: clamp(y, -1, 1) };
    if (this.#easing) return;
    this.#easing = true;
    requestAnimationFrame(() => this.#ease());
  }

  /** One frame on the way to where the pointer is. */
  #ease(): void {
    const part = this.#calm.matches ? 1 : EASE;
    const [dx, dy] = [this.#aim.x - this.#gaze.x, this.#aim.y - this.#gaze.y];
    const there = Math.hypot(dx, dy) < STILL;
    this.#gaze = there ? this.#aim : { x: this.#gaze.x + part * dx, y: this.#gaze.y + part * dy };
    this.#moving.onMove(false);
    this.#easing = !there;
    if (!there) requestAnimationFrame(() => this.#ease());
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
