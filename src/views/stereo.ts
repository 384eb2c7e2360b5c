import composeWgsl from '../../shaders/views/compose_stereo.wgsl?raw';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { UsageError } from '../errors.js';
import { BufferUsage, TextureUsage } from '../gpu/buffers.js';
import { scoped } from '../gpu/scoped.js';
import type { Camera } from './camera.js';
import { checkNumber } from './lens.js';
import { Rendering, targetOf, type Target, type TargetOptions } from './rendering.js';
import type { DepthScene } from './scene.js';
import { createView, type SceneView } from './scene_view.js';
import { onScreen, renderPipeline, ScreenPass } from './screen.js';

/** Layouts by their number in the shader. */
const LAYOUTS = ['sbs', 'half-sbs', 'tb', 'anaglyph', 'anaglyph-red-cyan', 'vr180'] as const;

/**
 * How the eyes' pictures are put together: side by side, left first (`sbs`), each squeezed to half its width
 * (`half-sbs`), left above right (`tb`), for red-cyan glasses by Dubois' matrices (`anaglyph`) or with the colours as
 * they are (`anaglyph-red-cyan`), or equirectangular, 180° by 180° each, side by side (`vr180`).
 */
export type StereoLayout = (typeof LAYOUTS)[number];

/** How a stereo pair is drawn; width and height are those of an eye's picture. */
export interface StereoOptions extends TargetOptions {
  /** `sbs` unless given. */
  readonly layout?: StereoLayout;
}

/** How deep a stereo pair is. */
export interface StereoDepth {
  /** How far apart the nearest and the farthest are shifted, as part of the width: 0.02 unless given, at most 0.1. */
  readonly parallax?: number;
  /** What lies in the screen: 0 the farthest, 1 the nearest, 0.4 unless given. Nearer things stand out. */
  readonly convergence?: number;
}

const STEREO_OPTIONS: OptionTable<StereoOptions> = { width: null, height: null, format: null, layout: [...LAYOUTS] };
const STEREO_DEPTH: OptionTable<StereoDepth> = { parallax: null, convergence: null };
const DEFAULTS: StereoDepth = {};
/** Most pixels of a side of a VR180 eye. */
const MOST_SIDE = 4096;

/** A scene as a stereo pair. */
export class StereoView extends Rendering<StereoDepth> {
  readonly #eyes: readonly [SceneView, SceneView];
  readonly #textures: readonly [GPUTexture, GPUTexture];
  readonly #targets: readonly [GPUTextureView, GPUTextureView];
  readonly #compose: ScreenPass;
  readonly #params: GPUBuffer;
  readonly #camera: { right: number; converge: number } = { right: 0, converge: 1 };

  /** @internal */
  constructor(
    eyes: readonly [SceneView, SceneView],
    target: Target,
    layout: StereoLayout,
    pipeline: GPURenderPipeline,
  ) {
    super(eyes[0].scene, target);
    const { device, lens } = this.scene;
    const { width, height, format } = eyes[0];
    const usage = TextureUsage.RENDER_ATTACHMENT | TextureUsage.TEXTURE_BINDING;
    const texture = (label: string) => device.createTexture({ label, size: [width, height], format, usage });
    this.#eyes = eyes;
    this.#textures = [texture('left eye'), texture('right eye')];
    this.#targets = [this.#textures[0].createView(), this.#textures[1].createView()];
    this.#params = device.createBuffer({ size: 16, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
    const params = new DataView(new ArrayBuffer(16));
    params.setUint32(0, LAYOUTS.indexOf(layout), true);
    params.setFloat32(4, (lens.focalLength / this.scene.width) * width, true);
    params.setFloat32(8, target.height, true);
    device.queue.writeBuffer(this.#params, 0, params.buffer as ArrayBuffer);
    this.#compose = new ScreenPass(device, pipeline, [
      { buffer: this.#params },
      ...this.#targets,
      device.createSampler({ magFilter: 'linear', minFilter: 'linear' }),
    ]);
  }

  override encode(encoder: GPUCommandEncoder, target: GPUTextureView, depth: StereoDepth = DEFAULTS): void {
    for (let eye = 0; eye < 2; eye++) {
      setEye(this.#camera, this.scene, depth, eye === 0 ? -0.5 : 0.5);
      this.#eyes[eye as 0 | 1].encode(encoder, this.#targets[eye as 0 | 1], this.#camera);
    }
    this.#compose.encode(encoder, target);
  }

  /** @internal */
  protected override free(): void {
    for (const eye of this.#eyes) eye.dispose();
    for (const texture of this.#textures) texture.destroy();
    this.#params.destroy();
  }
}

function setEye(
  camera: { right: number; converge: number },
  { near, far, width, lens }: DepthScene,
  depth: StereoDepth,
  side: number,
): void {
  checkOptions(depth, STEREO_DEPTH, 'run');
  const { parallax = 0.02, convergence = 0.4 } = depth;
  checkNumber('parallax', parallax, 0, 0.1);
  checkNumber('convergence', convergence, 0, 1);
  const span = 1 / near - 1 / far;
  camera.right = (side * parallax * width) / (lens.focalLength * span);
  camera.converge = 1 / (1 / far + convergence * span);
}

/**
 * The camera of an eye, which shifts the nearest against the farthest by a part of the width of the picture.
 * @example
 * ```ts
 * import { eyeCamera } from 'depthwise/views';
 *
 * view.draw(canvas, eyeCamera(scene, 'left', { parallax: 0.03 }));
 * ```
 */
export function eyeCamera(scene: DepthScene, eye: 'left' | 'right', depth: StereoDepth = DEFAULTS): Camera {
  const camera = { right: 0, converge: 1 };
  setEye(camera, scene, depth, eye === 'left' ? -0.5 : 0.5);
  return camera;
}

/**
 * Prepares a scene to be seen with two eyes.
 * @example
 * ```ts
 * import { createScene, createStereo } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const stereo = await createStereo(scene, { layout: 'anaglyph' });
 * const { data, width, height } = await stereo.read({ parallax: 0.03 });
 * ```
 * @throws UsageError `OPTION_LAYOUT`, `OPTION_VALUE`, `OPTION_UNKNOWN`; ShaderError, OutOfMemoryError, DisposedError
 */
export async function createStereo(scene: DepthScene, options: StereoOptions = {}): Promise<StereoView> {
  checkOptions(options, STEREO_OPTIONS, 'build');
  scene.use();
  const { layout = 'sbs', ...rest } = options;
  const eye = targetOf(scene, rest);
  const target = { ...eye, ...sizeOf(scene, layout, eye) };
  const most = scene.device.limits.maxTextureDimension2D;
  if (Math.max(target.width, target.height) > most)
    throw new UsageError('OPTION_VALUE', `The pair is ${target.width}x${target.height}; sides have at most ${most}.`, {
      ...{ expected: most, actual: Math.max(target.width, target.height), phase: 'build' },
      hint: 'Pass a smaller width and height.',
    });
  const { gpu } = scene;
  const code = onScreen(composeWgsl);
  const pipeline = await renderPipeline(gpu, { label: 'compose stereo', code, targets: [eye.format] });
  const eyes = [await createView(scene, eye), await createView(scene, eye)] as const;
  return scoped(
    gpu.device,
    { what: 'a stereo view', phase: 'run' },
    () => new StereoView(eyes, target, layout, pipeline),
  );
}

/** Size of the whole picture of a layout. */
function sizeOf(scene: DepthScene, layout: StereoLayout, { width, height }: Target): { width: number; height: number } {
  if (layout === 'sbs') return { width: 2 * width, height };
  if (layout === 'half-sbs') return { width: 2 * Math.max(1, Math.floor(width / 2)), height };
  if (layout === 'tb') return { width, height: 2 * height };
  if (layout !== 'vr180') return { width, height };
  // As many pixels a degree as in the middle of the picture.
  const side = Math.round((Math.PI * scene.lens.focalLength * width) / scene.width);
  const even = Math.min(MOST_SIDE, scene.device.limits.maxTextureDimension2D / 2, 2 * Math.ceil(side / 2));
  return { width: 2 * even, height: even };
}
