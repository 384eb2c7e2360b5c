import { element } from './elements.js';
import { ARROWS, isShortcut } from './probe.js';
import type { Gaze } from './scene_frames.js';
import { BOUNDS, type ViewName, type ViewSettings } from './view_settings.js';

/** Part of the way to where the pointer is that the gaze goes in a frame. */
const EASE = 0.14;
const STILL = 0.004;
const DEGREES = { drag: 90, key: 3 };
/** Milliseconds that the picture sways by itself, once, to show that it can. */
const SWAY = 2600;

interface Moving {
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
    frame.addEventListener('pointerdown', (event) => this.#press(event));
    frame.addEventListener('keydown', (event) => this.#key(event));
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
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
    const view = this.#moving.view();
    const box = this.#frame.getBoundingClientRect();
    if (view === 'parallax' && !this.#calm.matches) {
      this.#look((2 * (event.clientX - box.left)) / box.width - 1, (2 * (event.clientY - box.top)) / box.height - 1);
    } else if (view === 'mesh' && event.buttons & 1) {
      this.#turn((-DEGREES.drag * event.movementX) / box.width, (DEGREES.drag * event.movementY) / box.width);
    }
  }

  #press(event: PointerEvent): void {
    const view = this.#moving.view();
    if (view === 'mesh') this.#frame.setPointerCapture(event.pointerId);
    if (view !== 'focus') return;
    const box = this.#frame.getBoundingClientRect();
    this.#sharpen((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  #key(event: KeyboardEvent): void {
    if (isShortcut(event)) return;
    const { settings } = this.#moving;
    const view = this.#moving.view();
    const [right, down] = ARROWS[event.key] ?? [0, 0];
    const nearer = event.key === '+' || event.key === '=' ? 1 : event.key === '-' ? -1 : 0;
    if (!right && !down && !(nearer && view === 'mesh')) return;
    if (view === 'parallax') this.#look(this.#aim.x + right / 4, this.#aim.y + down / 4);
    else if (view === 'mesh' && nearer) this.#zoom(1.1 ** nearer);
    else if (view === 'mesh') this.#turn(DEGREES.key * right, -DEGREES.key * down);
    else if (view === 'focus') this.#sharpen(settings.focusX + right / 40, settings.focusY + down / 40);
    else return;
    event.preventDefault();
  }

  #wheel(event: WheelEvent): void {
    if (this.#moving.view() !== 'mesh') return;
    event.preventDefault();
    this.#zoom(1.002 ** -event.deltaY);
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

  #turn(yaw: number, pitch: number): void {
    const { settings } = this.#moving;
    settings.yaw = clamp(settings.yaw + yaw, ...BOUNDS.yaw);
    settings.pitch = clamp(settings.pitch + pitch, ...BOUNDS.pitch);
    this.#moving.onMove(true);
  }

  #zoom(factor: number): void {
    const { settings } = this.#moving;
    settings.zoom = clamp(settings.zoom * factor, ...BOUNDS.zoom);
    this.#moving.onMove(true);
  }

  #sharpen(x: number, y: number): void {
    const { settings } = this.#moving;
    settings.focusX = clamp(x, 0, 1);
    settings.focusY = clamp(y, 0, 1);
    this.#moving.onMove(true);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
