/**
 * The picture in 3-D: points and meshes on the GPU, other viewpoints, stereo pairs, depth of field, fog, and files.
 * @example
 * ```ts
 * import { createScene, createView } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const view = await createView(scene);
 * view.draw(canvas, { yaw: 5 });
 * ```
 * @packageDocumentation
 */
export type { Camera } from './camera.js';
export { createFocus, createFog, distanceAt, type DepthEffect, type Focus, type Fog } from './effects.js';
export { encodeExr, type ExrOptions } from './files/exr.js';
export { encodeGlb, type TextureFile } from './files/glb.js';
export { encodePly } from './files/ply.js';
export { encodePicture } from './files/png.js';
export { readFocalLength } from './focal_length.js';
export { createGeometry, type GeometryData, type GeometryOptions, type SceneGeometry } from './geometry.js';
export { ASSUMED_FIELD_OF_VIEW, type Lens, type LensOptions } from './lens.js';
export { readNormals } from './normals.js';
export type { Rendered, Rendering, TargetOptions } from './rendering.js';
export { createScene, type DepthBuffer, type DepthScene, type SceneOptions } from './scene.js';
export { createView, type SceneView, type ViewOptions } from './scene_view.js';
export {
  createStereo,
  eyeCamera,
  type StereoDepth,
  type StereoLayout,
  type StereoOptions,
  type StereoView,
} from './stereo.js';
