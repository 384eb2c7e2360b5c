import type { DepthMap } from 'depthwise';
import { createScene, type DepthBuffer, type DepthScene } from 'depthwise/views';
import type { Origin } from './assumptions.js';
import { element } from './elements.js';
import { Presenter } from './presenter.js';
import { framesOf, type Frames, type Gaze } from './scene_frames.js';
import type { ViewSettings } from './view_settings.js';

/** What the stage shows: a map, and its picture or what moves. */
export interface Subject extends Origin {
  readonly map: DepthMap;
  readonly device: GPUDevice;
  /** Whether the device is a processor, which draws slowly. */
  readonly software: boolean;
  readonly picture?: HTMLImageElement;
  readonly live?: Live;
}

/** What moves, in place of a picture. */
export interface Live {
  /** Counts the frames. */
  readonly frame: number;
  /** A scene that is written anew with every frame. */
  sceneOf(settings: ViewSettings): Promise<DepthScene>;
  /** Called when it is shown no more. */
  end(): void;
}

/** Pixels of a scene at most: each is six vertices of each frame. */
const MOST_PIXELS = { gpu: 2 ** 20, software: 2 ** 17 };
const MOST_WIDTH = { gpu: 2048, software: 640 };
/** From here on a pixel is sky, as the library has it. */
const SKY = 0.5;

/** The picture in 3-D: its scene, what is drawn of it, and the canvases that show it. */
export class SceneStage {
  readonly #presenter = new Presenter();
  readonly #frame = element('map-frame', HTMLElement);
  readonly #fail: (error: unknown) => void;
  readonly #onFrame: () => void;
  #subject: Subject | undefined;
  #scene: { readonly key: string; readonly scene: DepthScene } | undefined;
  #frames: { readonly key: string; readonly frames: Frames } | undefined;
  #wanted: (() => Promise<void>) | undefined;
  #running = false;
  /** Whether frames are to be seen, and not the map. */
  #shown = false;

  /** @param onFrame called when a frame is shown, or has failed */
  constructor(fail: (error: unknown) => void, onFrame: () => void) {
    this.#fail = fail;
    this.#onFrame = onFrame;
  }

  /** The subject whose scene is shown. */
  get subject(): Subject | undefined {
    return this.#subject;
  }

  /** Takes another subject, or none: what was shown goes. The map stays its owner's to dispose. */
  take(subject: Subject | undefined): void {
    this.#drop();
    this.#subject?.live?.end();
    this.#subject = subject;
    this.#presenter.hide();
  }

  /** Shows a frame as soon as the one before it is done; of frames that wait the last counts. */
  show(settings: ViewSettings, gaze: Gaze): void {
    const subject = this.#subject;
    if (!subject) return;
    this.#shown = true;
    this.#wanted = () => this.#draw(subject, { ...settings }, gaze);
    if (!this.#running) void this.#run();
  }

  /** Hides what is shown, as the map is looked at. */
  hide(): void {
    this.#wanted = undefined;
    this.#shown = false;
    this.#presenter.hide();
  }

  /** The scene for settings, made where need be. */
  async #sceneFor(subject: Subject, settings: ViewSettings): Promise<DepthScene> {
    const withoutSky = settings.view === 'mesh' && settings.sky === 'out';
    const key = `${settings.far} ${settings.angle} ${withoutSky}`;
    if (this.#scene?.key === key) return this.#scene.scene;
    const scene = await (subject.live?.sceneOf(settings) ?? stillScene(subject, settings, withoutSky));
    if (subject !== this.#subject) {
      scene.dispose();
      throw new DOMException('Another picture is shown.', 'AbortError');
    }
    this.#drop();
    this.#scene = { key, scene };
    return scene;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted) {
      const [draw, subject] = [this.#wanted, this.#subject];
      this.#wanted = undefined;
      try {
        await draw();
      } catch (error) {
        if (subject === this.#subject) this.#fail(error);
      }
      this.#onFrame();
    }
    this.#running = false;
  }

  async #draw(subject: Subject, settings: ViewSettings, gaze: Gaze): Promise<void> {
    const scene = await this.#sceneFor(subject, settings);
    const { view, layout, surface } = settings;
    const target = this.#target(subject, scene);
    const key = `${view} ${layout} ${surface} ${target.width}`;
    if (this.#frames?.key !== key) {
      this.#frames?.frames.dispose?.();
      this.#frames = undefined;
      const frames = await framesOf(scene, settings, target);
      if (this.#scene?.scene !== scene) return frames.dispose?.();
      this.#frames = { key, frames };
    }
    const wanted = () => this.#shown && subject === this.#subject;
    await this.#presenter.present(
      this.#frames.frames,
      { settings, gaze, frame: subject.live?.frame },
      subject.software,
      wanted,
    );
  }

  #target({ software }: Subject, { picture }: DepthScene) {
    const kind = software ? 'software' : 'gpu';
    const sharp = software ? 1 : Math.min(2, devicePixelRatio);
    const width = Math.min(MOST_WIDTH[kind], picture.width, Math.max(64, Math.round(this.#frame.clientWidth * sharp)));
    const height = Math.max(1, Math.round((width * picture.height) / picture.width));
    return { width, height, ...(software ? {} : { format: navigator.gpu.getPreferredCanvasFormat() as 'bgra8unorm' }) };
  }

  #drop(): void {
    this.#frames?.frames.dispose?.();
    this.#scene?.scene.dispose();
    this.#frames = this.#scene = undefined;
  }
}

/** The scene of a picture, of a size that can be drawn at every frame. */
async function stillScene(subject: Subject, settings: ViewSettings, withoutSky: boolean): Promise<DepthScene> {
  const shrunk = await shrink(subject, withoutSky);
  const { map, picture } = subject;
  return sceneOf(shrunk ?? map, picture as HTMLImageElement, settings, withoutSky).finally(() =>
    shrunk?.buffer.destroy(),
  );
}

/** A scene as settings have it: metres need no far end, and what is not set is left to the library to assume. */
export async function sceneOf(
  depth: DepthMap | DepthBuffer,
  picture: HTMLImageElement,
  { far, angle }: Pick<ViewSettings, 'far' | 'angle'>,
  withoutSky: boolean,
): Promise<DepthScene> {
  // A map may be there before the element has loaded what was decoded already.
  if (!picture.complete) await picture.decode();
  return createScene(depth, picture, {
    ...(depth.kind === 'metric' ? {} : { far }),
    fieldOfView: angle,
    withoutSky: withoutSky && 'sky' in depth && depth.sky !== undefined,
  });
}

/** A copy of a map that is too large to be drawn at every frame; undefined where it is small enough. */
async function shrink({ map, device, software }: Subject, withoutSky: boolean): Promise<DepthBuffer | undefined> {
  const factor = Math.sqrt((map.width * map.height) / MOST_PIXELS[software ? 'software' : 'gpu']);
  if (factor <= 1) return undefined;
  const values = await map.read();
  const sky = withoutSky ? await map.sky?.read() : undefined;
  const [width, height] = [Math.floor(map.width / factor), Math.floor(map.height / factor)];
  // Nearest: a mean would lay points between surfaces.
  const small = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width;
    for (let x = 0; x < width; x++) {
      const from = row + Math.floor(((x + 0.5) * map.width) / width);
      small[y * width + x] = (sky?.[from] ?? 0) < SKY ? (values[from] as number) : NaN;
    }
  }
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ label: 'small map', size: small.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, small);
  return { device, buffer, width, height, kind: map.kind };
}
