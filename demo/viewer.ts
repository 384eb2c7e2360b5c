import { element } from './elements.js';
import { Motion, type Moving } from './motion.js';
import type { Gaze } from './scene_frames.js';
import { SceneStage, type Subject } from './scene_stage.js';
import type { ViewOptions } from './view_options.js';
import { FLAT, STILL, VIEWS, type ViewName, type ViewSettings } from './view_settings.js';

/** The views to switch between, and what is seen in the one on show. */
export class Viewer {
  readonly settings: ViewSettings;
  readonly stage: SceneStage;
  readonly moving: Moving;
  readonly #panes = element('panes', HTMLElement);
  readonly #frame = element('map-frame', HTMLElement);
  readonly #choices = new Map<ViewName, HTMLInputElement>();
  #options: ViewOptions | undefined;
  readonly #motion: Motion;
  readonly #onChange: (view: ViewName) => void;
  readonly #onSeen: () => void;
  /** The view of what moves. */
  #live: ViewName | undefined;

  /**
   * @param onChange called with the view on show when settings have changed
   * @param onSeen called when a picture is seen as the view has it
   */
  constructor(
    settings: ViewSettings,
    fail: (error: unknown) => void,
    onChange: (view: ViewName) => void,
    onSeen: () => void,
  ) {
    this.settings = settings;
    this.#onChange = onChange;
    this.#onSeen = onSeen;
    this.stage = new SceneStage(fail, onSeen);
    this.moving = {
      settings,
      view: () => (this.stage.subject ? this.view : 'map'),
      onMove: (changed) => (changed ? this.refresh() : this.#draw()),
    };
    this.#motion = new Motion(this.moving);
    for (const name of VIEWS) this.#choices.set(name, this.#choice(name));
    this.refresh();
  }

  /** Where the scene is looked at from. */
  get gaze(): Gaze {
    return this.#motion.gaze;
  }

  /** The controls of the view on show, once they are there. */
  set options(options: ViewOptions) {
    this.#options = options;
    this.refresh();
  }

  /** The view on show: of what moves, the map until another is chosen. */
  get view(): ViewName {
    return this.#live ?? this.settings.view;
  }

  /** Takes a still picture with its map, or undefined until there is one. */
  take(subject: Subject | undefined): void {
    this.#live = undefined;
    this.stage.take(subject);
    this.refresh();
    if (subject && !subject.software) this.#motion.sway();
  }

  /** Shows pictures that follow one another: their maps, and what is drawn of them once there is a subject. */
  follow(subject?: Subject): void {
    this.#live ??= 'map';
    this.stage.take(subject);
    this.refresh();
  }

  /** Shows the settings as they are now. */
  refresh(): void {
    const { view } = this;
    this.#panes.dataset['view'] = view;
    this.#panes.style.setProperty('--split', String(this.settings.split));
    for (const [name, input] of this.#choices) {
      input.checked = name === view;
      input.disabled = this.#live !== undefined && STILL.has(name);
    }
    const title = this.#choices.get(view)?.labels?.[0]?.textContent;
    this.#frame.ariaLabel = `Picture, view ${title}.`;
    for (const id of ['scene', 'scene-pixels']) element(id, HTMLCanvasElement).ariaLabel = `The picture as ${title}`;
    this.#options?.refresh(view, this.stage.subject);
    this.#draw();
    this.#onChange(view);
  }

  #draw(): void {
    if (FLAT.has(this.view)) {
      this.stage.hide();
      if (this.stage.subject || this.#live) this.#onSeen();
    } else this.stage.show(this.settings, this.#motion.gaze);
  }

  #choice(name: ViewName): HTMLInputElement {
    const input = element(`view-${name}`, HTMLInputElement);
    input.addEventListener('change', () => {
      this.#live &&= name;
      this.settings.view = name;
      this.refresh();
    });
    return input;
  }
}
