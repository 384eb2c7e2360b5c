import type { DepthMap } from 'depthwise';
import type { DepthBuffer, DepthEffect, DepthScene, Focus, SceneView } from 'depthwise/views';
import { element } from './elements.js';
import { Presenter, type Frames } from './presenter.js';
import type { ViewSettings } from './view_settings.js';

/** What the stage shows: a map, its picture, and the device of both. */
export interface Subject {
  readonly map: DepthMap;
  readonly picture: HTMLImageElement;
  readonly device: GPUDevice;
  /** Whether the device is a processor, which draws slowly. */
  readonly software: boolean;
}

/** Where the pointer looks from, -1 to 1 each. */
export interface Gaze {
  readonly x: number;
  readonly y: number;
}

type Views = typeof import('depthwise/views');

/** Pixels of a scene at most: each is six vertices of each frame. */
const MOST_PIXELS = { gpu: 2 ** 20, software: 2 ** 17 };
const MOST_WIDTH = { gpu: 2048, software: 640 };
/** How far the pointer shifts the nearest against the farthest, as part of the width. */
const GAZE = { parallax: 0.035, convergence: 0.35 };
/** Hides the borders, which open when the camera moves. */
const GAZE_ZOOM = 1.04;

/** The picture in 3-D: its scene, what is drawn of it, and the canvases that show it. */
export class SceneStage {
  readonly #presenter = new Presenter();
  readonly #frame = element('map-frame', HTMLElement);
  readonly #fail: (error: unknown) => void;
  #subject: Subject | undefined;
  #scene: { readonly key: string; readonly scene: DepthScene } | undefined;
  #frames: { readonly key: string; readonly frames: Frames } | undefined;
  #wanted: (() => Promise<void>) | undefined;
  #running = false;

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
  }

  /** The subject whose scene is shown. */
  get subject(): Subject | undefined {
    return this.#subject;
  }

  /** Takes another subject, or none: what was shown goes. The map stays its owner's to dispose. */
  take(subject: Subject | undefined): void {
    this.#drop();
    this.#subject = subject;
    this.#presenter.hide();
  }

  /** Shows a frame as soon as the one before it is done; of frames that wait the last counts. */
  show(settings: ViewSettings, gaze: Gaze): void {
    const subject = this.#subject;
    if (!subject) return;
    this.#wanted = () => this.#draw(subject, { ...settings }, gaze);
    if (!this.#running) void this.#run();
  }

  /** Hides what is shown, as the map is looked at. */
  hide(): void {
    this.#wanted = undefined;
    this.#presenter.hide();
  }

  /** The scene for settings, made where need be. */
  async scene({ far, angle }: Pick<ViewSettings, 'far' | 'angle'>): Promise<DepthScene> {
    const subject = this.#subject;
    if (!subject) throw new Error('There is no depth map yet.');
    const key = `${far} ${angle}`;
    if (this.#scene?.key === key) return this.#scene.scene;
    const { createScene } = await loadViews();
    const shrunk = await shrink(subject);
    const metric = subject.map.kind === 'metric';
    const scene = await createScene(shrunk?.depth ?? subject.map, subject.picture, {
      ...(metric ? {} : { far }),
      ...(angle === 60 ? {} : { fieldOfView: angle }),
    }).finally(() => shrunk?.depth.buffer.destroy());
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
    }
    this.#running = false;
  }

  async #draw(subject: Subject, settings: ViewSettings, gaze: Gaze): Promise<void> {
    const views = await loadViews();
    const scene = await this.scene(settings);
    const { view, layout } = settings;
    const target = this.#target(subject, scene);
    const key = `${view} ${layout} ${target.width}`;
    if (this.#frames?.key !== key) {
      this.#frames?.frames.dispose?.();
      this.#frames = undefined;
      const frames = await framesOf(views, scene, settings, target);
      if (this.#scene?.scene !== scene) return frames.dispose?.();
      this.#frames = { key, frames };
    }
    await this.#presenter.present(this.#frames.frames, { settings, gaze }, subject.software);
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

let loading: Promise<Views> | undefined;

/** The library's views, fetched once there is something to view. */
export function loadViews(): Promise<Views> {
  return (loading ??= import('depthwise/views'));
}

/** A copy of a map that is too large to be drawn at every frame; undefined where it is small enough. */
async function shrink({ map, device, software }: Subject): Promise<{ readonly depth: DepthBuffer } | undefined> {
  const factor = Math.sqrt((map.width * map.height) / MOST_PIXELS[software ? 'software' : 'gpu']);
  if (factor <= 1) return undefined;
  const values = await map.read();
  const [width, height] = [Math.floor(map.width / factor), Math.floor(map.height / factor)];
  // Nearest: a mean would lay points between surfaces.
  const small = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width;
    for (let x = 0; x < width; x++)
      small[y * width + x] = values[row + Math.floor(((x + 0.5) * map.width) / width)] as number;
  }
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ label: 'small map', size: small.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, small);
  return { depth: { device, buffer, width, height, kind: map.kind } };
}

type Target = { readonly width: number; readonly height: number; readonly format?: 'bgra8unorm' };

/** Frames of a view, which take the settings and the gaze of each. */
async function framesOf(views: Views, scene: DepthScene, settings: ViewSettings, target: Target): Promise<Frames> {
  switch (settings.view) {
    case 'mesh':
      return meshFrames(await views.createView(scene, { ...target, fill: false }));
    case 'stereo': {
      const stereo = await views.createStereo(scene, { ...target, layout: settings.layout });
      return frames(stereo, ({ settings: { parallax } }) => ({ parallax }));
    }
    case 'focus':
      return focusFrames(views, await views.createFocus(scene, target));
    case 'normals': {
      const normals = await views.readNormals(scene);
      return { read: () => Promise.resolve(normals) };
    }
    default: {
      const view = await views.createView(scene, target);
      const { right = 0, converge = 1 } = views.eyeCamera(scene, 'right', GAZE);
      return frames(view, ({ gaze }) => ({ converge, right: right * gaze.x, up: -right * gaze.y, zoom: GAZE_ZOOM }));
    }
  }
}

function meshFrames(view: SceneView): Frames {
  return frames(view, ({ settings: { yaw, pitch, zoom } }) => ({ yaw, pitch, zoom }));
}

/** The distance at the place that is sharp is read back once for a place. */
function focusFrames({ distanceAt }: Views, effect: DepthEffect<Focus>): Frames {
  let known: { readonly place: string; readonly distance: number } | undefined;
  const prepare = async ({ focusX, focusY }: ViewSettings) => {
    const place = `${focusX} ${focusY}`;
    if (known?.place !== place) {
      const distance = await distanceAt(effect.scene, focusX, focusY);
      known = { place, distance: Number.isFinite(distance) ? distance : effect.scene.far };
    }
  };
  return { ...frames(effect, ({ settings: { blur } }) => ({ distance: known!.distance, blur })), prepare };
}

interface Rendering<P> {
  draw(canvas: HTMLCanvasElement, params: P): void;
  read(params: P): Promise<ImageLike>;
  dispose(): void;
}

type ImageLike = Awaited<ReturnType<Frames['read']>>;

function frames<P>(rendering: Rendering<P>, params: (moment: Moment) => P): Frames {
  return {
    draw: (canvas, moment) => rendering.draw(canvas, params(moment)),
    read: (moment) => rendering.read(params(moment)),
    dispose: () => rendering.dispose(),
  };
}

type Moment = Parameters<Frames['read']>[0];
