import { element } from './elements.js';
import type { Moving } from './motion.js';
import { ARROWS, isShortcut } from './keys.js';
import { BOUNDS, DEFAULTS } from './view_settings.js';

const DEGREES = { drag: 90, key: 3 };

/** Sets by pointer, wheel and keys what a view shows: the way round the mesh, what is sharp, where the map begins. */
export class Handles {
  readonly #frame = element('map-frame', HTMLElement);
  readonly #moving: Moving;
  /** Where the fingers are that go round the mesh, or the mouse. */
  readonly #held = new Map<number, PointerEvent>();

  constructor(moving: Moving) {
    this.#moving = moving;
    const frame = this.#frame;
    frame.addEventListener('pointermove', (event) => this.#drag(event));
    frame.addEventListener('pointerdown', (event) => this.#press(event));
    frame.addEventListener('lostpointercapture', ({ pointerId }) => this.#held.delete(pointerId));
    frame.addEventListener('keydown', (event) => this.#key(event));
    frame.addEventListener('dblclick', () => this.#goBack());
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.#followDivider();
  }

  #drag(event: PointerEvent): void {
    const before = this.#held.get(event.pointerId);
    if (!before || this.#moving.view() !== 'mesh') return;
    this.#held.set(event.pointerId, event);
    const other = [...this.#held.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (other) return this.#zoom(apart(event, other) / apart(before, other));
    const { width } = this.#frame.getBoundingClientRect();
    const degrees = DEGREES.drag / width;
    this.#turn(degrees * (before.clientX - event.clientX), degrees * (event.clientY - before.clientY));
  }

  #press(event: PointerEvent): void {
    const view = this.#moving.view();
    if (view === 'mesh' && event.button === 0) {
      this.#frame.setPointerCapture(event.pointerId);
      this.#held.set(event.pointerId, event);
    }
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
    const back = event.key === 'Home';
    if (!right && !down && !((nearer || back) && view === 'mesh')) return;
    if (back) this.#goBack();
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

  /** To where the scene is seen from at first. */
  #goBack(): void {
    if (this.#moving.view() !== 'mesh') return;
    const { yaw, pitch, zoom } = DEFAULTS;
    Object.assign(this.#moving.settings, { yaw, pitch, zoom });
    this.#moving.onMove(true);
  }

  #sharpen(x: number, y: number): void {
    const { settings } = this.#moving;
    settings.focusX = clamp(x, 0, 1);
    settings.focusY = clamp(y, 0, 1);
    this.#moving.onMove(true);
  }

  /** Lets the line between picture and map be dragged. */
  #followDivider(): void {
    const divider = element('divider', HTMLElement);
    divider.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      divider.setPointerCapture(event.pointerId);
    });
    divider.addEventListener('pointermove', (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const box = this.#frame.getBoundingClientRect();
      this.#moving.settings.split = clamp((event.clientX - box.left) / box.width, 0, 1);
      this.#moving.onMove(true);
    });
  }
}

/** At least a pixel. */
function apart(a: PointerEvent, b: PointerEvent): number {
  return Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
