import { adapterName, type DepthMap, type DepthModel, type DrawOptions, type EstimateOptions } from 'depthwise';
import type { KnownLens } from './assumptions.js';
import { Comparing } from './comparing.js';
import type { ContestPanel } from './contest_panel.js';
import type { Folder } from './dropped.js';
import { element, setNotice } from './elements.js';
import type { Footage } from './footage.js';
import type { FolderTools } from './folder_tools.js';
import type { FootageTools, Task } from './footage_tools.js';
import type { KeptWeights } from './kept_weights.js';
import { goesByFocalLength } from './lens_models.js';
import { MapView } from './map_view.js';
import { ModelChoice } from './model_choice.js';
import type { Parameters } from './parameters.js';
import type { OnShow, PictureTools } from './picture_tools.js';
import { Report } from './report.js';
import { Session, type ChosenWeights } from './session.js';
import { Sources } from './sources.js';
import { Turn, untilAborted } from './turn.js';
import { durationText } from './value_text.js';
import { Viewer } from './viewer.js';
import { DEFAULTS, type ViewSettings } from './view_settings.js';

const SOFTWARE = 'No GPU is in use: this adapter is software on the processor. Results are right, but slow.';

const NOTHING: OnShow = { map: undefined, still: false, rendered: undefined, lens: undefined, title: '' };

/** Name of the library's cache. */
const WEIGHTS_CACHE = 'depthwise-weights-1';

/** Brings picture, model and map together. */
export class Workbench {
  /** Called when what a link says has changed. */
  onChange: () => void = () => undefined;
  readonly #report = new Report();
  readonly #choice = new ModelChoice(
    () => void this.#sizeChanged(),
    () => this.onChange(),
  );
  readonly #sources = new Sources({
    onPicture: (start) => this.#pictureShown(start),
    onStill: () => {
      if (this.#angleSet) this.#angle = this.#viewer.settings.angle;
    },
    onReading: (name) => this.#report.say(`Reading ${name}…`),
    onChange: () => this.#turn.cancel(),
    onFootage: (footage) => this.#footageShown(footage),
    onFolder: (folder) => void this.#folderShown(folder),
    onWeights: (weights) => void this.#takeWeights(weights),
    onError: (error) => {
      // What moved may have ended for it.
      this.#footageTools?.show();
      this.#report.fail(error);
    },
  });
  /** Fetched where the browser keeps weights: not on a first visit. */
  #kept: KeptWeights | undefined;
  /** Fetched for what moves. */
  #footageTools: FootageTools | undefined;
  /** Fetched for a folder. */
  #folderTools: FolderTools | undefined;
  #opening: Promise<void> | undefined;
  #tools: PictureTools | undefined;
  #onShow: OnShow = NOTHING;
  readonly #session = new Session();
  readonly #turn = new Turn();
  readonly #view: MapView;
  readonly #viewer: Viewer;
  readonly #comparing: Comparing;
  #contest: ContestPanel | undefined;
  readonly #look: () => DrawOptions;
  readonly #cancelButton = element('cancel', HTMLButtonElement);
  readonly #estimateButton = element('estimate', HTMLButtonElement);
  /** Of the next picture: the first, where a link says so, or the frame at which something stopped that moved. */
  #angle: number | undefined;
  /** Whether the angle of the picture on show is one that somebody set. */
  #angleSet = false;

  /** @param look how maps are to be drawn at the moment */
  constructor(settings: ViewSettings, look: () => DrawOptions) {
    if (settings.angle !== DEFAULTS.angle) this.#angle = settings.angle;
    this.#look = look;
    this.#comparing = new Comparing(this.#report, look);
    this.#view = new MapView(look, (spot) => this.#comparing.read(spot));
    this.#viewer = new Viewer(
      settings,
      this.#report.fail,
      (view) => {
        this.#comparing.active = view === 'compare';
        if (view === 'peer') this.#openContest().catch(this.#report.fail);
        this.onChange();
      },
      () => this.#seen(),
    );
    element('controls', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#estimate();
    });
    this.#cancelButton.addEventListener('click', () => this.#stop());
    // Once a slider is let go: estimates take their time.
    element('view-options', HTMLElement).addEventListener('change', ({ target }) => {
      if ((target as HTMLElement).id === 'option-angle') void this.#angleChanged();
    });
  }

  /** What a link has to say to come back to this model and picture. */
  get parameters(): Parameters {
    return { ...this.#choice.parameters, image: this.#sources.image, other: this.#comparing.choice };
  }

  /** What a link has to say of the view: the angle that a picture is known to have goes without saying. */
  get settings(): ViewSettings {
    const { settings } = this.#viewer;
    return this.#angleSet ? settings : { ...settings, angle: DEFAULTS.angle };
  }

  say(text: string): void {
    this.#report.say(text);
  }

  /** Shows what a link asks for, and starts when it names a picture. */
  async open({ model, weights, image, size, other }: Parameters): Promise<void> {
    void this.#refreshKept();
    if (size) this.#choice.selectSize(size);
    if (weights) this.#choice.useWeights(weights);
    if (other) this.#comparing.choice = other;
    const known = model === undefined || this.#choice.selectModel(model);
    await this.#sources.fetch(image, image !== undefined || this.#choice.atHand);
    // There is none to wait for.
    if (!this.#view.current) this.#seen();
    if (!known) this.#report.fail(new Error(`There is no model called “${model}”.`));
  }

  async redraw(): Promise<void> {
    this.#comparing.redraw();
    await this.#view.redraw().catch(this.#report.fail);
  }

  async #refreshKept(): Promise<void> {
    const some = await globalThis.caches?.has(WEIGHTS_CACHE).catch(() => true);
    if (!some && !this.#kept) return;
    const { KeptWeights } = await import('./kept_weights.js');
    this.#kept ??= new KeptWeights((text) => this.#report.say(text), this.#report.fail);
    await this.#kept.refresh();
  }

  async #pictureShown(start: boolean): Promise<void> {
    this.#turn.cancel();
    this.#takeAngle();
    this.#forgetMap();
    if (start) await this.#estimate();
  }

  /** Takes the angle of another picture. */
  #takeAngle(): void {
    this.#angleSet = this.#angle !== undefined;
    this.#viewer.settings.angle = this.#angle ?? this.#sources.lens?.angle ?? DEFAULTS.angle;
    this.#angle = undefined;
  }

  async #angleChanged(): Promise<void> {
    this.#angleSet = true;
    const { request } = this.#choice;
    if (goesByFocalLength(request.name) && this.#session.holds(request)) await this.#estimate();
  }

  async #footageShown(footage: Footage): Promise<void> {
    this.#takeAngle();
    this.#forgetMap();
    this.#viewer.follow();
    const { FootageTools } = await import('./footage_tools.js');
    this.#footageTools ??= new FootageTools({
      footage,
      viewer: this.#viewer,
      report: this.#report,
      look: this.#look,
      work: (task) => this.#work(task),
      follow: () => this.#estimate(),
      stop: () => this.#stop(),
      show: (map, rate) => this.#show(map, undefined, 'Rate', rate),
    });
    if (!footage.running) return;
    this.#footageTools.show();
    await this.#estimate();
  }

  async #folderShown(folder: Folder | undefined): Promise<void> {
    if (folder && !this.#folderTools) {
      const { FolderTools } = await import('./folder_tools.js');
      this.#folderTools ??= new FolderTools({
        report: this.#report,
        look: this.#look,
        work: (task) => this.#work(task),
        stop: () => this.#stop(),
      });
    }
    this.#folderTools?.take(folder);
  }

  async #takeWeights(weights: ChosenWeights): Promise<void> {
    this.#choice.useWeights(weights);
    await this.#estimate();
  }

  async #sizeChanged(): Promise<void> {
    if (this.#session.holds(this.#choice.request)) await this.#estimate();
  }

  /** Estimates the picture, or frame after frame of what moves. */
  #estimate(): Promise<void> {
    return this.#work((model, options) =>
      this.#footageTools?.active ? this.#footageTools.follow(model, options) : this.#still(model, options),
    );
  }

  /** Does a task in place of the one under way, with the model, which is loaded where need be. */
  async #work(task: Task): Promise<void> {
    const { obstacle } = this.#choice;
    if (obstacle !== undefined) {
      this.#stop();
      return this.#report.say(obstacle);
    }
    await this.#turn.start(async (signal) => {
      this.#setBusy(true);
      try {
        const model = await this.#openModel(signal);
        const { inputSize } = this.#choice;
        await task(model, { signal, ...(inputSize === undefined ? {} : { inputSize }), ...this.#known });
      } catch (error) {
        this.#report.fail(error);
      } finally {
        this.#setBusy(false);
      }
    });
  }

  async #openModel(signal: AbortSignal): Promise<DepthModel> {
    const { request } = this.#choice;
    const held = this.#session.holds(request);
    if (!held) this.#report.say('Loading the model…');
    const opening = this.#session.open(request, (progress) => this.#report.progress(progress));
    const settled = () => {
      this.#report.idle();
      if (!held) void this.#refreshKept();
    };
    opening.then(settled, settled);
    const model = await untilAborted(opening, signal);
    const { info } = model;
    this.#choice.selectModel(info.name);
    setText('fact-adapter', adapterName(info.adapter));
    setText('fact-precision', info.precision);
    setNotice(element('software', HTMLElement), info.adapter.software ? SOFTWARE : undefined);
    return model;
  }

  async #still(model: DepthModel, options: EstimateOptions): Promise<void> {
    const { rendered } = this.#sources;
    const { blob, picture } = this.#sources.pane;
    if (!blob) return;
    this.#report.say('Estimating…');
    const start = performance.now();
    const map = await model.estimate(blob, options);
    const duration = performance.now() - start;
    const estimated = await map.fieldOfView();
    await this.#show(map, blob, 'Time', durationText(duration));
    const lens = this.#refine(estimated);
    const { title, adapter } = model.info;
    this.#comparing.take({ map, blob, known: () => this.#known, title, truth: rendered });
    this.#viewer.take({
      map,
      picture,
      title,
      lens,
      device: model.device,
      software: adapter.software,
    });
    this.#offer({ map, still: true, rendered, lens, title, duration });
    this.#report.say(`Depth estimated in ${durationText(duration)}. The first time at a size includes compiling.`);
    this.#view.bringIntoSight();
  }

  /** Of the camera, for metres that go by it: what somebody set, or what is known of the picture. */
  get #known(): Pick<EstimateOptions, 'focalLength'> {
    const { pane, rendered } = this.#sources;
    const angle = this.#angleSet ? this.#viewer.settings.angle : (rendered?.angle ?? pane.angle);
    return angle === undefined ? {} : { focalLength: pane.focalLengthAt(angle) };
  }

  /** Takes a model's estimate for the angle of view, where nothing better is known and none was chosen. */
  #refine(estimated = 0): KnownLens | undefined {
    const { settings } = this.#viewer;
    this.#sources.estimated = estimated >= 1 && estimated <= 170 ? estimated : undefined;
    const { lens } = this.#sources;
    if (!this.#angleSet) settings.angle = lens?.angle ?? DEFAULTS.angle;
    return lens;
  }

  /** Shows the map of a picture, or of a frame of what moves, unless another picture has come in the meantime. */
  async #show(map: DepthMap, blob: Blob | undefined, name: string, speed: string): Promise<void> {
    const live = blob === undefined;
    await this.#view.show(map, live);
    if (blob !== this.#sources.pane.blob) {
      this.#clear();
      throw new DOMException('Another picture is shown.', 'AbortError');
    }
    setText('fact-map', `${map.width} × ${map.height}`);
    setText('fact-time-name', name);
    setText('fact-time', speed);
    if (live) this.#offer({ ...NOTHING, map });
  }

  #forgetMap(): void {
    this.#comparing.take(undefined);
    this.#contest?.reset();
    this.#viewer.take(undefined);
    this.#footageTools?.show();
    this.#clear();
  }

  #clear(): void {
    this.#view.clear();
    this.#offer(NOTHING);
  }

  async #openContest(): Promise<void> {
    const { ContestPanel } = await import('./contest_panel.js');
    this.#contest ??= new ContestPanel(
      {
        report: this.#report,
        picture: () => this.#sources.pane.blob,
        choice: this.#choice,
        stop: () => this.#stop(),
      },
      element('view-options', HTMLElement),
    );
  }

  /** Once the first picture is seen, which has to wait for none of it. */
  #seen(): void {
    this.#opening ??= this.#openTools().catch(this.#report.fail);
  }

  async #openTools(): Promise<void> {
    const { PictureTools, keepForOffline } = await import('./picture_tools.js');
    this.#tools = new PictureTools(this.#viewer, this.#view, this.#report, () => this.#sources.pane.stem);
    this.#tools.show(this.#onShow);
    await this.#sources.addPictures();
    if (import.meta.env.MODE === 'production') await keepForOffline();
  }

  #offer(onShow: OnShow): void {
    this.#onShow = onShow;
    this.#tools?.show(onShow);
  }

  #stop(): void {
    this.#turn.cancel();
    this.#session.cancel();
  }

  #setBusy(busy: boolean): void {
    this.#cancelButton.hidden = !busy;
    this.#estimateButton.disabled = busy;
    element('stage', HTMLElement).setAttribute('aria-busy', String(busy));
  }
}

function setText(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}
