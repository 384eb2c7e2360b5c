import type { DepthMap, DepthModel, DrawOptions, EstimateOptions } from 'depthwise';
import { element } from './elements.js';
import type { Footage } from './footage.js';
import { FrameRate } from './frame_rate.js';
import type { Report } from './report.js';
import { saveBlob } from './save_blob.js';

/** What is done with a model until its signal aborts. */
export type Task = (model: DepthModel, options: EstimateOptions & { readonly signal: AbortSignal }) => Promise<void>;

/** What the page has for the depth of what moves. */
export interface FootageHost {
  readonly footage: Footage;
  readonly report: Report;
  /** How maps are to be drawn at the moment. */
  readonly look: () => DrawOptions;
  /** Does a task in place of the one under way. */
  readonly work: (task: Task) => Promise<void>;
  /** Does `FootageTools.follow` in place of the one under way. */
  readonly follow: () => Promise<void>;
  /** Cancels the task under way. */
  readonly stop: () => void;
  /** Shows the map of a frame. */
  readonly show: (map: DepthMap, rate: string) => Promise<void>;
}

const MAKE = 'Depth video';
const CANCEL = 'Cancel the video';

/** The controls of what moves: they follow its depth, and make a video file of that of a video file. */
export class FootageTools {
  readonly #host: FootageHost;
  readonly #row = document.createElement('div');
  readonly #button = document.createElement('button');
  readonly #steady: HTMLInputElement;
  readonly #side: HTMLInputElement;
  #making = false;
  #following = false;

  constructor(host: FootageHost) {
    this.#host = host;
    const title = document.createElement('span');
    title.className = 'hint';
    title.textContent = 'Video';
    this.#row.className = 'row';
    this.#row.role = 'group';
    this.#row.ariaLabel = 'Depth of the video';
    this.#button.type = 'button';
    this.#button.id = 'depth-video';
    this.#button.textContent = MAKE;
    this.#button.addEventListener('click', () => (this.#making ? host.stop() : void host.work(this.#make)));
    this.#row.append(title, this.#button);
    this.#side = this.#check('depth-video-side', 'Picture beside it');
    this.#steady = this.#check('steady', 'Hold still');
    this.#steady.addEventListener('change', () => this.#following && void host.follow());
    element('downloads', HTMLElement).append(this.#row);
  }

  /** Whether there is something that moves. */
  get active(): boolean {
    return this.#host.footage.running;
  }

  /** Shows the controls of what is shown now. */
  show(): void {
    const { file } = this.#host.footage;
    this.#row.hidden = !this.active;
    this.#button.hidden = !file;
    (this.#side.parentElement as HTMLElement).hidden = !file;
  }

  /** Shows the depth of frame after frame, and says so. */
  readonly follow: Task = (model, options) => {
    const { footage, report } = this.#host;
    report.say(footage.kind === 'camera' ? 'The camera is on.' : 'The video plays, with its depth.');
    return this.#follow(model, options);
  };

  readonly #follow: Task = async (model, options) => {
    const { footage, show } = this.#host;
    const rate = new FrameRate();
    this.#following = true;
    try {
      for await (const map of model.stream(footage.video, { ...options, steady: this.#isSteady(model) }))
        await show(map, `${rate.tick().toFixed(1)} fps`);
    } finally {
      this.#following = false;
    }
  };

  /** Makes the depth of the video file, which waits meanwhile. */
  readonly #make: Task = async (model, options) => {
    const { footage, report, look } = this.#host;
    const { file, video } = footage;
    if (!file) return;
    report.say('Making the depth of every frame. It is saved when it is done.');
    this.#setMaking(true);
    video.pause();
    let whole = false;
    try {
      const { makeDepthVideo } = await import('./depth_video.js');
      const { blob, ending, frames, silenced, fault } = await makeDepthVideo(file, model, {
        ...options,
        look: look(),
        steady: this.#isSteady(model),
        windows: seesFramesTogether(model),
        side: this.#side.checked,
        onProgress: (done, all) => report.advance(`Depth video: frame ${done} of ${all}`, done / all),
      });
      const name = `${file.name.replace(/\.[^.]*$/, '')}-${model.info.name}${ending}`;
      saveBlob(blob, name);
      whole = fault === undefined;
      const cut = whole ? '' : ` ${file.name} is damaged or cut short (${fault}): the rest is missing.`;
      const mute = silenced ? ' Its sound is of a kind that cannot be kept.' : '';
      report.say(`Saved ${name}: ${frames} frame${frames === 1 ? '' : 's'}.${cut}${mute}`);
    } finally {
      report.idle();
      this.#setMaking(false);
      // Another picture may be shown by now.
      if (footage.file === file) await video.play().catch(() => undefined);
    }
    // What breaks off would have the last word.
    if (whole) await this.#follow(model, options);
  };

  #setMaking(making: boolean): void {
    this.#making = making;
    this.#button.textContent = making ? CANCEL : MAKE;
    for (const box of [this.#side, this.#steady]) box.disabled = making;
  }

  #isSteady(model: DepthModel): boolean {
    return this.#steady.checked && !seesFramesTogether(model);
  }

  #check(id: string, text: string): HTMLInputElement {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.id = id;
    const label = document.createElement('label');
    label.className = 'check';
    label.append(box, ` ${text}`);
    this.#row.append(label);
    return box;
  }
}

/** Video Depth Anything holds its depth still by itself. */
function seesFramesTogether({ info }: DepthModel): boolean {
  return info.name.includes('video-depth-anything');
}
