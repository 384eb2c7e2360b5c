import inverseWgsl from '../../shaders/views/inverse_depth.wgsl?raw';
import reachWgsl from '../../shaders/views/reach_rows.wgsl?raw';
import sharpenWgsl from '../../shaders/views/sharpen_edges.wgsl?raw';
import stepsWgsl from '../../shaders/views/steps.wgsl?raw';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import type { DepthMap } from '../depth/depth_map.js';
import { disposed, LimitError, UsageError } from '../errors.js';
import { findEnds, stepRule, type Ends, type StepRule } from './ends.js';
import { readTexture } from './read_texture.js';
import { BufferUsage, TextureUsage } from '../gpu/buffers.js';
import { Gpu } from '../gpu/gpu.js';
import { scoped, submit } from '../gpu/scoped.js';
import { PictureTexture, type ReadyPicture } from '../image/picture.js';
import type { DepthKind } from '../models/family.js';
import { findLens, type Lens, type LensOptions } from './lens.js';
import { Pass } from './pass.js';

/** A depth map in a buffer of a host: what `DepthModel.encode` writes, or true depth. */
export interface DepthBuffer {
  readonly device: GPUDevice;
  /** f32[height,width], row-major; usage STORAGE, and COPY_SRC unless `near` and `far`, or `range`, are given. */
  readonly buffer: GPUBuffer;
  readonly width: number;
  readonly height: number;
  readonly kind: DepthKind['kind'];
  /** In pixels of the map, where a model estimates it. */
  readonly focalLength?: number;
}

/** How a depth map becomes a scene. */
export interface SceneOptions extends LensOptions {
  /**
   * Distance of the nearest. Of relative maps, in units of your choice: 1 unless given. Of maps in metres the end of
   * what effects span, the 1st percentile unless given.
   */
  readonly near?: number;
  /**
   * Distance of the farthest. Of relative maps it says how deep the scene is: 8 times `near` unless given, which suits
   * rooms and people; streets and landscapes have 10 to 30 times. Of maps in metres, the 99.5th percentile.
   */
  readonly far?: number;
  /** Values of a relative map that are `far` and `near`, in this order; its 1st and 99.5th percentile unless given. */
  readonly range?: readonly [low: number, high: number];
  /** Leaves out what the model takes for sky. Of models that tell, see `DepthMap.sky`. */
  readonly withoutSky?: boolean;
  /**
   * Neighbours whose depths have a ratio over 1 + `step` are on two surfaces: 0.04 unless given. Slopes less steep than
   * a floor that leads from near to far over a quarter of the picture are not cut.
   */
  readonly step?: number;
}

const SCENE_OPTIONS: OptionTable<SceneOptions> = {
  near: null,
  far: null,
  range: null,
  withoutSky: null,
  step: null,
  fieldOfView: null,
  focalLength: null,
};

/**
 * Slopes between surfaces are looked for over one pixel each way for so many of the map's shorter side: networks see
 * pictures at a few hundred pixels, so their slopes grow with the map.
 */
const SLOPE_SIDE = 64;
const TEXTURE_USAGE = TextureUsage.TEXTURE_BINDING | TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC;

/** Devices of callers, so that their pipelines are compiled once. */
const adopted = new WeakMap<GPUDevice, Gpu>();

/**
 * A picture in 3-D on the GPU: what views, meshes and files are made of. Units are metres where the map has them, else
 * those of `near` and `far`. It does not own the depth map, nor a picture that was a GPUTexture.
 */
export class DepthScene {
  readonly device: GPUDevice;
  /** Of the map, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly lens: Lens;
  readonly near: number;
  readonly far: number;
  /** Unit of lengths: `none` where the map is relative. */
  readonly unit: DepthKind['unit'];
  /** 1/z of each pixel, r32float[height,width]; -1 where a pixel is left out. */
  readonly inverse: GPUTexture;
  /** The picture, sRGB. */
  readonly picture: GPUTexture;
  /** @internal */
  readonly gpu: Gpu;
  /** @internal */
  readonly rule: StepRule;
  readonly #upload: PictureTexture;
  readonly #passes: readonly Pass[];
  readonly #spare: GPUTexture;
  readonly #buffers: readonly GPUBuffer[];
  #disposed = false;

  /** @internal */
  constructor(made: SceneParts) {
    this.gpu = made.gpu;
    this.device = made.gpu.device;
    this.width = made.depth.width;
    this.height = made.depth.height;
    this.lens = made.lens;
    this.near = made.near;
    this.far = made.far;
    this.unit = made.depth.kind === 'metric' ? 'metre' : 'none';
    this.rule = made.rule;
    this.picture = made.picture;
    this.#upload = made.upload;
    [this.#spare, this.inverse] = made.textures;
    this.#passes = made.passes;
    this.#buffers = made.buffers;
  }

  /**
   * Records the scene anew from what its depth buffer holds by then: for frames whose depth is written into one buffer.
   * Makes no object. Near, far and range stay.
   * @throws DisposedError
   */
  encode(encoder: GPUCommandEncoder): void {
    this.use();
    const pass = encoder.beginComputePass({ label: 'depth scene' });
    for (const each of this.#passes) each.encode(pass, this.width * this.height);
    pass.end();
  }

  /**
   * Distances f32[height,width] along the camera's axis, read back: metres, or units of `near` and `far`; infinite
   * where a pixel is left out.
   * @example
   * ```ts
   * const z = await scene.readDepth();
   * ```
   * @throws DisposedError, DeviceLostError
   */
  async readDepth(): Promise<Float32Array<ArrayBuffer>> {
    this.use();
    const bytes = await this.gpu.guard('read', readTexture(this.gpu, this.inverse, 4));
    return new Float32Array(bytes).map((w) => (w > 0 ? 1 / w : Infinity));
  }

  /** Frees what the scene made. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const each of this.#passes) each.dispose();
    for (const each of [this.inverse, this.#spare, ...this.#buffers]) each.destroy();
    this.#upload.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal @throws DisposedError */
  use(): void {
    if (this.#disposed) throw disposed('This scene', 'run');
    this.gpu.check('run');
  }
}

interface SceneParts {
  readonly gpu: Gpu;
  readonly depth: DepthMap | DepthBuffer;
  readonly lens: Lens;
  readonly near: number;
  readonly far: number;
  readonly rule: StepRule;
  readonly picture: GPUTexture;
  readonly upload: PictureTexture;
  readonly textures: readonly [GPUTexture, GPUTexture];
  readonly passes: readonly Pass[];
  readonly buffers: readonly GPUBuffer[];
}

/**
 * Makes a scene of a depth map and its picture, on the GPU of the map.
 * @param depth a map of a model, or a buffer of a device of yours
 * @param picture pixels, an image, a canvas, a video, or a GPUTexture of the same device, which is used as it is
 * @example
 * ```ts
 * import { createScene } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image, { far: 12 });
 * console.log(scene.lens.fieldOfView, scene.lens.source);
 * scene.dispose();
 * ```
 * @throws UsageError `OPTION_VALUE`, `OPTION_CONFLICT`, `OPTION_UNKNOWN`; ImageError `IMAGE_*`; LimitError
 *   `LIMIT_TEXTURE`; DeviceLostError, DisposedError, OutOfMemoryError
 */
export async function createScene(
  depth: DepthMap | DepthBuffer,
  picture: ReadyPicture,
  options: SceneOptions = {},
): Promise<DepthScene> {
  checkOptions(options, SCENE_OPTIONS, 'build');
  const gpu = gpuOf(depth);
  gpu.check('run');
  checkMap(gpu, depth);
  const sky = skyOf(depth, options);
  const upload = new PictureTexture(gpu);
  const made: { dispose?(): void; destroy?(): void }[] = [upload];
  try {
    const texture = upload.upload(picture);
    const { focalLength: exif } = picture as { focalLength?: number };
    const [lens, ends] = await Promise.all([
      findLens(options, depth, { width: texture.width, exif }),
      findEnds(gpu, depth, options),
    ]);
    const purpose = { what: 'a depth scene', phase: 'run' } as const;
    const textures = await scoped(gpu.device, purpose, () => [newTexture(gpu, depth), newTexture(gpu, depth)] as const);
    made.push(...textures);
    const usage = BufferUsage.STORAGE;
    const bytes = 8 * depth.width * depth.height;
    const extent = await scoped(gpu.device, { ...purpose, bytes }, () =>
      gpu.device.createBuffer({ size: bytes, usage }),
    );
    made.push(extent);
    const noSky = gpu.device.createBuffer({ size: 4, usage });
    made.push(noSky);
    const rule = stepRule(depth, ends, options.step);
    const passes = await makePasses(gpu, depth, textures, { sky: sky ?? noSky, extent }, ends, rule, sky !== undefined);
    made.push(...passes);
    const { near, far } = ends;
    const scene = new DepthScene({
      ...{ gpu, depth, lens, near, far, rule, picture: texture, upload, textures, passes, buffers: [extent, noSky] },
    });
    await gpu.guard(
      'run',
      submit(gpu, purpose, (encoder) => scene.encode(encoder)),
    );
    return scene;
  } catch (error) {
    for (const each of made) (each.dispose ?? each.destroy)!.call(each);
    throw error;
  }
}

function gpuOf(depth: DepthMap | DepthBuffer): Gpu {
  if (!('device' in depth)) return depth.gpu;
  const known = adopted.get(depth.device) ?? Gpu.adopt(depth.device);
  adopted.set(depth.device, known);
  return known;
}

function checkMap({ device }: Gpu, { width, height, buffer }: DepthMap | DepthBuffer): void {
  const limit = 'maxTextureDimension2D';
  const [longest, most] = [Math.max(width, height), device.limits[limit]];
  if (longest > most)
    throw new LimitError('LIMIT_TEXTURE', `The depth map is ${width}x${height}; ${limit} is ${most}.`, {
      ...{ limit, expected: most, actual: longest, phase: 'run' },
      hint: "Estimate with size: 'network'.",
    });
  const bytes = 4 * width * height;
  if (buffer.size < bytes)
    throw new UsageError(
      'OPTION_VALUE',
      `The depth buffer has ${buffer.size} bytes; ${width}x${height} take ${bytes}.`,
      {
        ...{ expected: bytes, actual: buffer.size, phase: 'run' },
      },
    );
}

function skyOf(depth: DepthMap | DepthBuffer, { withoutSky }: SceneOptions): GPUBuffer | undefined {
  if (!withoutSky) return undefined;
  const sky = 'device' in depth ? undefined : depth.sky;
  if (sky) return sky.buffer;
  throw new UsageError('OPTION_CONFLICT', 'withoutSky needs a map that tells what is sky.', {
    hint: 'Depth Anything 3 mono and metric do.',
    phase: 'build',
  });
}

function newTexture({ device }: Gpu, { width, height }: { width: number; height: number }): GPUTexture {
  return device.createTexture({
    label: 'inverse depth',
    size: [width, height],
    format: 'r32float',
    usage: TEXTURE_USAGE,
  });
}

async function makePasses(
  gpu: Gpu,
  { width: W, height: H, kind, buffer }: DepthMap | DepthBuffer,
  [first, second]: readonly [GPUTexture, GPUTexture],
  { sky, extent }: { readonly sky: GPUBuffer; readonly extent: GPUBuffer },
  { near, far, low, scale }: Ends,
  rule: StepRule,
  withoutSky: boolean,
): Promise<Pass[]> {
  const views = [first.createView(), second.createView()] as const;
  const tunables = { INVERSE: kind === 'relative-inverse', SKY: withoutSky };
  const start = await Pass.make(
    gpu,
    { label: 'inverse depth', files: [inverseWgsl], tunables },
    { depth: buffer, sky, inverse: views[0] },
  );
  start.set({ H, W, LOW: low, SCALE: scale, NEAR: 1 / near, FAR: 1 / far });
  const RADIUS = Math.max(1, Math.round(Math.min(W, H) / SLOPE_SIDE));
  const reach = await Pass.make(gpu, { label: 'reach of rows', files: [reachWgsl] }, { inverse: views[0], extent });
  reach.set({ H, W, RADIUS });
  const sharpen = await Pass.make(
    gpu,
    { label: 'sharpen edges', files: [sharpenWgsl, stepsWgsl] },
    { inverse: views[0], extent, sharpened: views[1] },
  );
  sharpen.set({ H, W, RADIUS, ...rule });
  return [start, reach, sharpen];
}
