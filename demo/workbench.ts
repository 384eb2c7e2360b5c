import { adapterName, type DepthMap, type DepthModel, type DrawOptions, type EstimateOptions } from 'depthwise';
import { Camera, FrameRate } from './camera.js';
import { Downloads } from './downloads.js';
import { element, setNotice } from './elements.js';
import { takeFiles } from './intake.js';
import { KeptWeights } from './kept_weights.js';
import { MapView } from './map_view.js';
import { ModelChoice } from './model_choice.js';
import type { Parameters } from './parameters.js';
import { PicturePane } from './picture_pane.js';
import { Report } from './report.js';
import { Session } from './session.js';
import { Turn, untilAborted } from './turn.js';
import { durationText } from './value_text.js';
import type { Viewer } from './viewer.js';

/** A picture to begin with: a street rendered by tools/nano, of a seed that nano was not trained on. */
const SAMPLE = './sample.jpg';
const SOFTWARE = 'No GPU is in use: this adapter is software on the processor. Results are right, but slow.';

/** Brings picture, model and map together. */
export class Workbench {
  readonly #report = new Report();
  readonly #picture = new PicturePane();
  readonly #choice = new ModelChoice(() => void this.#sizeChanged());
  readonly #camera = new Camera(this.#picture.video);
  readonly #kept = new KeptWeights(
    (text) => this.#report.say(text),
    (error) => this.#report.fail(error),
  );
  readonly #session = new Session();
  readonly #turn = new Turn();
  readonly #view: MapView;
  readonly #downloads: Downloads;
  readonly #cameraButton = element('camera', HTMLButtonElement);
  readonly #cancelButton = element('cancel', HTMLButtonElement);
  readonly #estimateButton = element('estimate', HTMLButtonElement);

  readonly #viewer: Viewer;

  /** @param look how maps are to be drawn at the moment */
  constructor(look: () => DrawOptions, viewer: (fail: (error: unknown) => void) => Viewer) {
    this.#view = new MapView(look);
    this.#viewer = viewer((error) => this.#report.fail(error));
    this.#downloads = new Downloads(
      this.#view,
      () => this.#picture.stem,
      (error) => this.#report.fail(error),
    );
    takeFiles({
      onPicture: (file) => void this.#takePicture(file, file.name || 'pasted picture', true),
      onWeights: (file) => void this.#takeWeights(file),
      onError: (error) => this.#report.fail(error),
    });
    element('controls', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#estimate();
    });
    this.#cancelButton.addEventListener('click', () => this.#stop());
    this.#cameraButton.addEventListener(
      'click',
      () => void (this.#camera.running ? this.#stopCamera() : this.#startCamera()),
    );
  }

  /** Shows what a link asks for, and starts when it names a picture. */
  async open({ model, weights, image, size }: Parameters): Promise<void> {
    void this.#kept.refresh();
    if (size) this.#choice.selectSize(size);
    if (weights) this.#choice.useWeights(weights);
    const known = model === undefined || this.#choice.selectModel(model);
    if (image) await this.#fetchPicture(image, true);
    else await this.#fetchPicture(SAMPLE, this.#choice.atHand);
    if (!known) this.#report.fail(new Error(`There is no model called “${model}”.`));
  }

  async redraw(): Promise<void> {
    await this.#view.redraw().catch((error: unknown) => this.#report.fail(error));
  }

  async #fetchPicture(url: string, start: boolean): Promise<void> {
    try {
      const response = await fetch(url);
      if (!response.ok)
        throw new Error(`The picture ${url} could not be fetched: the server answered ${response.status}.`);
      await this.#takePicture(
        await response.blob(),
        new URL(url, location.href).pathname.split('/').pop() || 'picture',
        start,
      );
    } catch (error) {
      this.#report.fail(
        error instanceof TypeError
          ? new Error(`The picture ${url} could not be fetched. On another site, its server must allow it (CORS).`)
          : error,
      );
    }
  }

  async #takePicture(blob: Blob, name: string, start: boolean): Promise<void> {
    try {
      await this.#picture.show(blob, name);
    } catch (error) {
      return this.#report.fail(error);
    }
    this.#turn.cancel();
    this.#camera.stop();
    this.#showCameraState();
    this.#forgetMap();
    if (start) await this.#estimate();
  }

  async #takeWeights(file: File): Promise<void> {
    this.#choice.useWeights(file);
    await this.#estimate();
  }

  async #sizeChanged(): Promise<void> {
    if (this.#session.holds(this.#choice.request)) await this.#estimate();
  }

  async #startCamera(): Promise<void> {
    this.#turn.cancel();
    try {
      await this.#camera.start();
    } catch (error) {
      return this.#report.fail(error);
    }
    this.#picture.showVideo();
    this.#showCameraState();
    this.#forgetMap();
    this.#viewer.follow();
    await this.#estimate();
  }

  /** Stops at the frame on show, and estimates that one. */
  async #stopCamera(): Promise<void> {
    const still = await this.#camera.still();
    if (still) return this.#takePicture(still, 'camera.png', true);
    this.#camera.stop();
    this.#showCameraState();
    await this.#fetchPicture(SAMPLE, false);
  }

  /** Loads the model where need be, then estimates the picture, or frame after frame of the camera. */
  async #estimate(): Promise<void> {
    const { obstacle } = this.#choice;
    if (obstacle !== undefined) {
      this.#stop();
      return this.#report.say(obstacle);
    }
    await this.#turn.start(async (signal) => {
      this.#setBusy(true);
      try {
        const model = await this.#openModel(signal);
        if (this.#camera.running) await this.#live(model, signal);
        else await this.#still(model, signal);
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
      if (!held) void this.#kept.refresh();
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

  async #still(model: DepthModel, signal: AbortSignal): Promise<void> {
    const { blob } = this.#picture;
    if (!blob) return;
    this.#report.say('Estimating…');
    const start = performance.now();
    const map = await model.estimate(blob, this.#options(signal));
    const duration = durationText(performance.now() - start);
    await this.#show(map, 'Time', duration, false);
    const { picture } = this.#picture;
    this.#viewer.take({ map, picture, device: model.device, software: model.info.adapter.software });
    this.#report.say(`Depth estimated in ${duration}. The first time at a size includes compiling.`);
    this.#view.bringIntoSight();
  }

  async #live(model: DepthModel, signal: AbortSignal): Promise<void> {
    this.#report.say('The camera is on.');
    const rate = new FrameRate();
    for await (const map of model.stream(this.#camera.video, this.#options(signal))) {
      await this.#show(map, 'Rate', `${rate.tick().toFixed(1)} fps`, true);
    }
  }

  async #show(map: DepthMap, name: string, speed: string, live: boolean): Promise<void> {
    await this.#view.show(map, live);
    setText('fact-map', `${map.width} × ${map.height}`);
    setText('fact-time-name', name);
    setText('fact-time', speed);
    this.#downloads.enable(true);
  }

  #options(signal: AbortSignal): EstimateOptions {
    const { inputSize } = this.#choice;
    return { signal, ...(inputSize === undefined ? {} : { inputSize }) };
  }

  #forgetMap(): void {
    this.#viewer.take(undefined);
    this.#view.clear();
    this.#downloads.enable(false);
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

  #showCameraState(): void {
    this.#cameraButton.textContent = this.#camera.running ? 'Stop camera' : 'Use camera';
    this.#cameraButton.setAttribute('aria-pressed', String(this.#camera.running));
  }
}

function setText(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}
