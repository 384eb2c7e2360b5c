import type { DepthMap, DepthModel, DrawOptions, EstimateOptions } from 'depthwise';
import type { Layout } from './clip_drawing.js';
import { CODECS, type Codec } from './codecs.js';
import { element, option } from './elements.js';
import type { Footage } from './footage.js';
import { FrameRate } from './frame_rate.js';
import type { Report } from './report.js';
import { saveBlob } from './save_blob.js';
import type { LiveView } from './live_view.js';
import { FLAT } from './view_settings.js';
import { LAYOUT_NAMES } from './view_words.js';
import type { Viewer } from './viewer.js';

/** What is done with a model until its signal aborts. */
export type Task = (model: DepthModel, options: EstimateOptions & { readonly signal: AbortSignal }) => Promise<void>;

/** What the page has for the depth of what moves. */
export interface FootageHost {
  readonly footage: Footage;
  readonly viewer: Viewer;
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

/** What the frames of a depth video show. */
const LAYOUTS: Readonly<Record<Layout, string>> = { depth: 'Depth', side: 'Picture and depth', ...stereoNames() };
const MAKE = 'Depth video';
const CANCEL = 'Cancel the video';

/** The controls of what moves: they follow its depth, and make a video file of that of a video file. */
export class FootageTools {
  readonly #host: FootageHost;
  readonly #row = document.createElement('div');
  readonly #button = document.createElement('button');
  readonly #steady: HTMLInputElement;
  readonly #layout: HTMLSelectElement;
  readonly #codec: HTMLSelectElement;
  #making = false;
  /** What is followed: the map alone, or the picture in 3-D. */
  #following: 'map' | 'scene' | undefined;
  #live: LiveView | undefined;

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
    this.#layout = this.#list('depth-video-layout', 'of', LAYOUTS);
    const { avc, vp9, av1 } = CODECS;
    this.#codec = this.#list('depth-video-codec', 'in', { avc, vp9, av1 });
    this.#steady = this.#check('steady', 'Hold still');
    this.#steady.addEventListener('change', () => this.#following && void host.follow());
    element('downloads', HTMLElement).append(this.#row);
    element('views', HTMLElement).addEventListener('change', () => {
      if (this.#following && this.#following !== this.#wanted) void host.follow();
    });
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
    for (const list of [this.#layout, this.#codec]) (list.parentElement as HTMLElement).hidden = !file;
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
    const wanted = (this.#following = this.#wanted);
    try {
      const live = wanted === 'scene' ? await this.#liveOn(model) : undefined;
      const source = live?.frames(footage.video, options.signal) ?? footage.video;
      for await (const map of model.stream(source, { ...options, steady: this.#isSteady(model) })) {
        await show(map, `${rate.tick().toFixed(1)} fps`);
        await live?.take(map);
      }
    } finally {
      this.#following = undefined;
    }
  };

  get #wanted(): 'map' | 'scene' {
    return FLAT.has(this.#host.viewer.view) ? 'map' : 'scene';
  }

  async #liveOn(model: DepthModel): Promise<LiveView> {
    const { LiveView } = await import('./live_view.js');
    if (this.#live?.model !== model) this.#live = new LiveView(model, this.#host.viewer);
    return this.#live;
  }

  /** Makes the depth of the video file, which waits meanwhile. */
  readonly #make: Task = async (model, options) => {
    const { footage, report, look } = this.#host;
    const { file, video } = footage;
    if (!file) return;
    report.say('Making the depth of every frame. It is saved when it is done.');
    this.#setMaking(true);
    video.pause();
    let whole = false;
    let done = 0;
    const windows = seesFramesTogether(model);
    const wanted = this.#codec.value as Codec;
    try {
      const { makeDepthVideo } = await import('./depth_video.js');
      const { blob, ending, codec, frames, silenced, fault } = await makeDepthVideo(file, model, {
        ...options,
        look: look(),
        steady: this.#isSteady(model),
        windows,
        layout: this.#layout.value as Layout,
        codec: wanted,
        onResume: (before) => report.say(`Going on after frame ${before}, which was done before.`),
        onProgress: (count, all) => report.advance(`Depth video: frame ${(done = count)} of ${all}`, count / all),
      });
      const name = `${file.name.replace(/\.[^.]*$/, '')}-${model.info.name}${ending}`;
      saveBlob(blob, name);
      whole = fault === undefined;
      const notes = [
        codec === wanted ? '' : ` This browser encodes no ${CODECS[wanted]} of its size, so it is in ${CODECS[codec]}.`,
        whole ? '' : ` ${file.name} is damaged or cut short (${fault}): the rest is missing.`,
        silenced ? ' Its sound is of a kind that cannot be kept.' : '',
      ];
      report.say(`Saved ${name}: ${frames} frame${frames === 1 ? '' : 's'}.${notes.join('')}`);
    } catch (error) {
      if (!options.signal.aborted || windows || done === 0) throw error;
      report.say(`Cancelled after frame ${done}. ${MAKE} goes on from there.`);
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
    for (const control of [this.#layout, this.#codec, this.#steady]) control.disabled = making;
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

  #list(id: string, text: string, entries: Readonly<Record<string, string>>): HTMLSelectElement {
    const select = document.createElement('select');
    select.id = id;
    select.append(...Object.entries(entries).map(([value, title]) => option(value, title)));
    const label = document.createElement('label');
    label.className = 'pair';
    const title = document.createElement('span');
    title.textContent = text;
    label.append(title, select);
    this.#row.append(label);
    return select;
  }
}

/** Video Depth Anything holds its depth still by itself. */
function seesFramesTogether({ info }: DepthModel): boolean {
  return info.name.includes('video-depth-anything');
}

/** Layouts of stereo pairs under names that say so. */
function stereoNames(): typeof LAYOUT_NAMES {
  const names = Object.entries(LAYOUT_NAMES).map(([layout, name]) => [layout, `Stereo: ${name}`]);
  return Object.fromEntries(names) as typeof LAYOUT_NAMES;
}
