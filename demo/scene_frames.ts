import { createView, type DepthScene } from 'depthwise/views';
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
  /** Of what moves: counts its frames. */
  readonly frame?: number | undefined;
}

/** Something that is drawn frame by frame. */
export interface Frames {
  /** What has to be known before a frame. */
  prepare?(moment: Moment): Promise<void>;
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

/** How far the pointer shifts the nearest against the farthest, as part of the width. */
const GAZE = { parallax: 0.035, convergence: 0.35 };
/** Hides the borders, which open when the camera moves. */
const GAZE_ZOOM = 1.04;

/** What is drawn into; as large as the picture unless given. */
export type Target = {
  readonly width?: number;
  readonly height?: number;
  readonly format?: 'rgba8unorm' | 'bgra8unorm';
};

/** Frames of a view, which take the settings and the gaze of each. */
export async function framesOf(scene: DepthScene, settings: ViewSettings, target: Target): Promise<Frames> {
  switch (settings.view) {
    case 'stereo':
    case 'focus':
    case 'normals':
      return (await import('./other_frames.js')).otherFrames(settings.view, scene, settings, target);
    case 'mesh':
      if (settings.surface === 'points')
        return (await import('./points_frames.js')).pointsFrames(scene, whole(scene, target));
      return frames(await createView(scene, { ...target, fill: false }), ({ settings: { yaw, pitch, zoom } }) => ({
        ...{ yaw, pitch, zoom },
      }));
    default: {
      const span = 1 / scene.near - 1 / scene.far;
      const right = (GAZE.parallax * scene.width) / (2 * scene.lens.focalLength * span);
      const converge = 1 / (1 / scene.far + GAZE.convergence * span);
      return frames(await createView(scene, target), ({ gaze }) => ({
        ...{ converge, right: right * gaze.x, up: -right * gaze.y, zoom: GAZE_ZOOM },
      }));
    }
  }
}

function whole({ picture: { width, height } }: DepthScene, target: Target): Required<Target> {
  return { width, height, format: 'rgba8unorm', ...target };
}

interface Rendering<P> {
  draw(canvas: HTMLCanvasElement, params: P): void;
  read(params: P): Promise<Pixels>;
  dispose(): void;
}

/** Frames of a rendering, by what it takes for a moment. */
export function frames<P>(rendering: Rendering<P>, params: (moment: Moment) => P): Frames {
  return {
    draw: (canvas, moment) => rendering.draw(canvas, params(moment)),
    read: (moment) => rendering.read(params(moment)),
    dispose: () => rendering.dispose(),
  };
}
