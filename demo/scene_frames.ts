import type { DepthEffect, DepthScene, Focus, SceneView } from 'depthwise/views';
import type { ViewSettings } from './view_settings.js';

/** Where the pointer looks from, -1 to 1 each. */
export interface Gaze {
  readonly x: number;
  readonly y: number;
}

/** What a frame depends on. */
export interface Moment {
  readonly settings: ViewSettings;
  readonly gaze: Gaze;
}

/** Something that is drawn frame by frame. */
export interface Frames {
  /** What has to be known before a frame. */
  prepare?(settings: ViewSettings): Promise<void>;
  /** Draws on a canvas of the device; missing where there are pixels alone. */
  draw?(canvas: HTMLCanvasElement, moment: Moment): void;
  read(moment: Moment): Promise<Pixels>;
  dispose?(): void;
}

interface Pixels {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

type Views = typeof import('depthwise/views');

/** How far the pointer shifts the nearest against the farthest, as part of the width. */
const GAZE = { parallax: 0.035, convergence: 0.35 };
/** Hides the borders, which open when the camera moves. */
const GAZE_ZOOM = 1.04;

type Target = { readonly width?: number; readonly height?: number; readonly format?: 'bgra8unorm' };

/** Frames of a view, which take the settings and the gaze of each. */
export async function framesOf(
  views: Views,
  scene: DepthScene,
  settings: ViewSettings,
  target: Target,
): Promise<Frames> {
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
  read(params: P): Promise<Pixels>;
  dispose(): void;
}

function frames<P>(rendering: Rendering<P>, params: (moment: Moment) => P): Frames {
  return {
    draw: (canvas, moment) => rendering.draw(canvas, params(moment)),
    read: (moment) => rendering.read(params(moment)),
    dispose: () => rendering.dispose(),
  };
}
