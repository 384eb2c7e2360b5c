import { createFocus, createStereo, distanceAt, readNormals, type DepthScene } from 'depthwise/views';
import { frames, type Frames, type Moment, type Target } from './scene_frames.js';
import type { ViewSettings } from './view_settings.js';

/** Frames of the views that are not seen first. */
export async function otherFrames(
  view: 'stereo' | 'focus' | 'normals',
  scene: DepthScene,
  { layout }: ViewSettings,
  target: Target,
): Promise<Frames> {
  if (view === 'stereo')
    return frames(await createStereo(scene, { ...target, layout }), ({ settings: { parallax } }) => ({ parallax }));
  if (view === 'focus') return focusFrames(scene, target);
  const normals = await readNormals(scene);
  return { read: () => Promise.resolve(normals) };
}

/** The distance at the place that is sharp is read back once for a place and a frame. */
async function focusFrames(scene: DepthScene, target: Target): Promise<Frames> {
  let known: { readonly place: string; readonly distance: number } | undefined;
  const prepare = async ({ settings: { focusX, focusY }, frame }: Moment) => {
    const place = `${focusX} ${focusY} ${frame}`;
    if (known?.place === place) return;
    const distance = await distanceAt(scene, focusX, focusY);
    known = { place, distance: Number.isFinite(distance) ? distance : scene.far };
  };
  const focus = await createFocus(scene, target);
  return { ...frames(focus, ({ settings: { blur } }) => ({ distance: known!.distance, blur })), prepare };
}
