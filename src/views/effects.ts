import focusWgsl from '../../shaders/views/focus.wgsl?raw';
import fogWgsl from '../../shaders/views/fog.wgsl?raw';
import srgbWgsl from '../../shaders/views/srgb.wgsl?raw';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { BufferUsage } from '../gpu/buffers.js';
import { scoped } from '../gpu/scoped.js';
import { checkNumber } from './lens.js';
import { Rendering, targetOf, type Target, type TargetOptions } from './rendering.js';
import type { DepthScene } from './scene.js';
import { onScreen, renderPipeline, ScreenPass } from './screen.js';

const TARGET_OPTIONS: OptionTable<TargetOptions> = { width: null, height: null, format: null };
const FOCUS: OptionTable<Focus> = { distance: null, blur: null };
const FOG: OptionTable<Fog> = { color: null, amount: null };

/** A lens in place of a pinhole. */
export interface Focus {
  /** Distance that is sharp, in units of the scene; halfway, in inverse depth, between near and far unless given. */
  readonly distance?: number;
  /** Radius of the blur of what is as far off as it can be, as part of the width: 0.02 unless given, at most 0.1. */
  readonly blur?: number;
}

/** A haze of even density. */
export interface Fog {
  /** sRGB, 0…1 each; a light grey unless given. */
  readonly color?: readonly [red: number, green: number, blue: number];
  /** Part of the light that is lost from `near` to `far`: 0.8 unless given, below 1. */
  readonly amount?: number;
}

const FOG_COLOR = [0.8, 0.82, 0.85] as const;
const FRONT = {};

/** A picture changed by its depth, at the viewpoint it was taken from. */
export class DepthEffect<P extends object> extends Rendering<P> {
  readonly #pass: ScreenPass;
  readonly #params: GPUBuffer;
  readonly #size: GPUBuffer;
  readonly #values = new Float32Array(8);
  readonly #write: (values: Float32Array, effect: DepthEffect<P>, params: P) => void;

  /** @internal */
  constructor(
    scene: DepthScene,
    target: Target,
    pipeline: GPURenderPipeline,
    write: (values: Float32Array, effect: DepthEffect<P>, params: P) => void,
  ) {
    super(scene, target);
    const { device } = scene;
    this.#write = write;
    const usage = BufferUsage.UNIFORM | BufferUsage.COPY_DST;
    this.#params = device.createBuffer({ size: 32, usage });
    this.#size = device.createBuffer({ size: 8, usage });
    device.queue.writeBuffer(this.#size, 0, Float32Array.of(target.width, target.height));
    this.#pass = new ScreenPass(device, pipeline, [
      { buffer: this.#params },
      scene.inverse.createView(),
      scene.picture.createView(),
      device.createSampler({ magFilter: 'linear', minFilter: 'linear' }),
      { buffer: this.#size },
    ]);
  }

  override encode(encoder: GPUCommandEncoder, target: GPUTextureView, params?: P): void {
    this.scene.use();
    this.#write(this.#values, this, params ?? (FRONT as P));
    this.scene.device.queue.writeBuffer(this.#params, 0, this.#values);
    this.#pass.encode(encoder, target);
  }

  /** @internal */
  protected override free(): void {
    this.#params.destroy();
    this.#size.destroy();
  }
}

/**
 * Prepares a scene to be seen through a lens: sharp at one distance.
 * @example
 * ```ts
 * import { createFocus, createScene, distanceAt } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const focus = await createFocus(scene);
 * focus.draw(canvas, { distance: await distanceAt(scene, 0.5, 0.4), blur: 0.03 });
 * ```
 * @throws UsageError `OPTION_VALUE`, `OPTION_UNKNOWN`; ShaderError, OutOfMemoryError, DisposedError
 */
export function createFocus(scene: DepthScene, options: TargetOptions = {}): Promise<DepthEffect<Focus>> {
  return createEffect(scene, options, 'depth of field', focusWgsl, writeFocus);
}

function writeFocus(values: Float32Array, { scene, width }: DepthEffect<Focus>, params: Focus): void {
  checkOptions(params, FOCUS, 'run');
  const [nearest, farthest] = [1 / scene.near, 1 / scene.far];
  const { distance = 2 / (nearest + farthest), blur = 0.02 } = params;
  checkNumber('distance', distance, 1e-6, 1e9);
  checkNumber('blur', blur, 0, 0.1);
  const focus = 1 / distance;
  values[0] = focus;
  values[1] = (blur * width) / Math.max(nearest - focus, focus - farthest);
  values[2] = blur * width;
}

/**
 * Prepares a scene to be seen in fog.
 * @example
 * ```ts
 * import { createFog, createScene } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const fog = await createFog(scene);
 * fog.draw(canvas, { amount: 0.9 });
 * ```
 * @throws UsageError `OPTION_VALUE`, `OPTION_UNKNOWN`; ShaderError, OutOfMemoryError, DisposedError
 */
export function createFog(scene: DepthScene, options: TargetOptions = {}): Promise<DepthEffect<Fog>> {
  return createEffect(scene, options, 'fog', fogWgsl, writeFog);
}

function writeFog(values: Float32Array, { scene }: DepthEffect<Fog>, params: Fog): void {
  checkOptions(params, FOG, 'run');
  const { color = FOG_COLOR, amount = 0.8 } = params;
  checkNumber('amount', amount, 0, 0.9999);
  for (let i = 0; i < 3; i++) {
    checkNumber('color', color[i] as number, 0, 1);
    values[i] = color[i] as number;
  }
  values[3] = -Math.log(1 - amount) / (scene.far - scene.near);
  values[4] = scene.near;
}

async function createEffect<P extends object>(
  scene: DepthScene,
  options: TargetOptions,
  label: string,
  wgsl: string,
  write: (values: Float32Array, effect: DepthEffect<P>, params: P) => void,
): Promise<DepthEffect<P>> {
  checkOptions(options, TARGET_OPTIONS, 'build');
  scene.use();
  const target = targetOf(scene, options);
  const code = onScreen(wgsl, srgbWgsl);
  const pipeline = await renderPipeline(scene.gpu, { label, code, targets: [target.format] });
  return scoped(scene.device, { what: label, phase: 'run' }, () => new DepthEffect(scene, target, pipeline, write));
}

/**
 * The distance at a place of the picture, 0…1 from the left and the top: where someone clicked. Infinite where it is
 * left out.
 * @throws DisposedError, DeviceLostError
 */
export async function distanceAt(scene: DepthScene, x: number, y: number): Promise<number> {
  const z = await scene.readDepth();
  const place = (at: number, size: number) => Math.min(Math.max(Math.floor(at * size), 0), size - 1);
  return z[place(y, scene.height) * scene.width + place(x, scene.width)] as number;
}
