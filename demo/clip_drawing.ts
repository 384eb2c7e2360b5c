import type { DepthMap, DepthModel, DrawOptions } from 'depthwise';
import { createScene, createStereo, type StereoLayout } from 'depthwise/views';
import type { ClipRange } from './clip_work.js';

/** What a frame of a depth video shows: its depth, the picture to the left of it, or a stereo pair. */
export type Layout = 'depth' | 'side' | StereoLayout;

/** How frames are drawn. */
export interface ClipLook {
  readonly layout: Layout;
  readonly look: Pick<DrawOptions, 'colormap' | 'invert'>;
}

/** Draws a frame. What is drawn on is that of the next frame too. */
export type Drawing = (picture: VideoFrame, depth: DepthMap) => Promise<OffscreenCanvas>;

/** In metres, and of relative maps as a part of their values. */
const LEAST_DISTANCE = 0.001;
const LEAST_SPAN = 1e-6;

/** @param range that all frames have in common */
export function drawingOf({ layout, look }: ClipLook, model: DepthModel, range: ClipRange): Drawing {
  if (layout !== 'depth' && layout !== 'side') return stereoDrawing(layout, model, range);
  const map = new OffscreenCanvas(1, 1);
  const both = new OffscreenCanvas(1, 1);
  return async (picture, depth) => {
    await depth.draw(map, { ...look, range: { min: range.min, max: range.max } });
    if (layout === 'depth') return map;
    const { displayWidth: width, displayHeight: height } = picture;
    // A canvas that gets a size is empty.
    Object.assign(both, { width: 2 * width, height });
    const context = contextOf(both);
    context.drawImage(picture, 0, 0);
    context.drawImage(map, width, 0);
    return both;
  };
}

/** Stereo pairs of scenes that are all as deep. */
function stereoDrawing(layout: StereoLayout, { info }: DepthModel, range: ClipRange): Drawing {
  const { low, high } = range;
  const ends =
    info.kind === 'metric'
      ? { near: Math.max(low, LEAST_DISTANCE), far: Math.max(high, 2 * LEAST_DISTANCE) }
      : { range: [low, Math.max(high, low + LEAST_SPAN * Math.max(1, Math.abs(low)))] as const };
  const canvas = new OffscreenCanvas(1, 1);
  return async (picture, depth) => {
    const scene = await createScene(depth, picture, ends);
    try {
      const pair = await createStereo(scene, { layout });
      const { data, width, height } = await pair.read().finally(() => pair.dispose());
      Object.assign(canvas, { width, height });
      const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
      contextOf(canvas).putImageData(new ImageData(pixels, width, height), 0, 0);
      return canvas;
    } finally {
      scene.dispose();
    }
  };
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  return canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
}
