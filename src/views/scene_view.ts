import fillWgsl from '../../shaders/views/fill_holes.wgsl?raw';
import stepsWgsl from '../../shaders/views/steps.wgsl?raw';
import surfaceWgsl from '../../shaders/views/surface.wgsl?raw';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { BufferUsage, TextureUsage } from '../gpu/buffers.js';
import { scoped } from '../gpu/scoped.js';
import { checkCamera, writeMatrix, type Camera } from './camera.js';
import { Rendering, targetOf, type Target, type TargetOptions } from './rendering.js';
import type { DepthScene } from './scene.js';
import { onScreen, renderPipeline, ScreenPass } from './screen.js';

/** How a view is drawn. */
export interface ViewOptions extends TargetOptions {
  /** Whether holes that open behind things are filled from what is farther; true unless given. */
  readonly fill?: boolean;
}

/** @internal */
export const VIEW_OPTIONS: OptionTable<ViewOptions> = { width: null, height: null, format: null, fill: null };

const FRONT: Camera = {};
/** Part of the target's width that a hole is looked over for what is behind it. */
const REACH = 0.2;
/** Weight e^-x of what is nearer than the farthest by the whole span of the scene. */
const SHARPNESS = 24;
const DEPTH: GPUDepthStencilState = {
  format: 'depth32float',
  depthWriteEnabled: true,
  depthCompare: 'greater-equal',
};
/** Floats of the uniform `Camera`. */
const CAMERA = 24;

/** A scene from any viewpoint. */
export class SceneView extends Rendering<Camera> {
  readonly #surface: GPURenderPipeline;
  readonly #bound: GPUBindGroup;
  readonly #camera: GPUBuffer;
  readonly #values = new Float32Array(CAMERA);
  readonly #textures: readonly GPUTexture[];
  readonly #descriptor: GPURenderPassDescriptor;
  readonly #colors: GPURenderPassColorAttachment;
  readonly #fill: ScreenPass | undefined;
  readonly #fillParams: GPUBuffer | undefined;

  /** @internal */
  constructor(scene: DepthScene, target: Target, [surface, fill]: readonly [GPURenderPipeline, GPURenderPipeline?]) {
    super(scene, target);
    const { device, rule, lens } = scene;
    const { width, height, format } = target;
    const usage = TextureUsage.RENDER_ATTACHMENT | TextureUsage.TEXTURE_BINDING;
    const texture = (label: string, of: GPUTextureFormat) =>
      device.createTexture({ label, size: [width, height], format: of, usage });
    const colors = texture('view', format);
    const inverse = texture('view, inverse depth', 'r32float');
    const depth = texture('view, depth', 'depth32float');
    this.#textures = [colors, inverse, depth];
    this.#surface = surface;
    this.#camera = device.createBuffer({ size: 4 * CAMERA, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
    this.#values.set([scene.width, scene.height, rule.LEAST, rule.RATIO, lens.focalLength], 16);
    this.#bound = device.createBindGroup({
      layout: surface.getBindGroupLayout(0),
      entries: [
        { buffer: this.#camera },
        scene.inverse.createView(),
        scene.picture.createView(),
        device.createSampler({ magFilter: 'linear', minFilter: 'linear' }),
      ].map((resource, binding) => ({ binding, resource })),
    });
    this.#colors = { view: colors.createView(), loadOp: 'clear', storeOp: 'store', clearValue: [0, 0, 0, 0] };
    const inverseView = inverse.createView();
    this.#descriptor = {
      label: 'view',
      colorAttachments: [
        this.#colors,
        { view: inverseView, loadOp: 'clear', storeOp: 'store', clearValue: [-1, 0, 0, 0] },
      ],
      depthStencilAttachment: {
        view: depth.createView(),
        depthClearValue: 0,
        depthLoadOp: 'clear',
        depthStoreOp: 'discard',
      },
    };
    if (!fill) return;
    this.#fillParams = device.createBuffer({ size: 16, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
    const params = new DataView(new ArrayBuffer(16));
    params.setUint32(0, Math.ceil(REACH * width), true);
    params.setFloat32(4, SHARPNESS / (1 / scene.near - 1 / scene.far), true);
    device.queue.writeBuffer(this.#fillParams, 0, params.buffer as ArrayBuffer);
    this.#fill = new ScreenPass(device, fill, [{ buffer: this.#fillParams }, this.#colors.view, inverseView]);
  }

  override encode(encoder: GPUCommandEncoder, target: GPUTextureView, camera: Camera = FRONT): void {
    const { scene } = this;
    scene.use();
    checkCamera(camera);
    writeMatrix(this.#values, scene, camera, this.width / this.height);
    scene.device.queue.writeBuffer(this.#camera, 0, this.#values);
    if (!this.#fill) this.#colors.view = target;
    const pass = encoder.beginRenderPass(this.#descriptor);
    pass.setPipeline(this.#surface);
    pass.setBindGroup(0, this.#bound);
    pass.draw(6 * scene.width * scene.height);
    pass.end();
    this.#fill?.encode(encoder, target);
  }

  /** @internal */
  protected override free(): void {
    for (const texture of this.#textures) texture.destroy();
    this.#camera.destroy();
    this.#fillParams?.destroy();
  }
}

/**
 * Prepares a scene to be seen from other viewpoints: orbit, parallax, a step aside. Holes are filled from behind.
 * @example
 * ```ts
 * import { createScene, createView } from 'depthwise/views';
 *
 * const scene = await createScene(depth, image);
 * const view = await createView(scene, { format: navigator.gpu.getPreferredCanvasFormat() as 'bgra8unorm' });
 * view.draw(canvas, { yaw: 4 });
 * ```
 * @throws UsageError `OPTION_VALUE`, `OPTION_UNKNOWN`; ShaderError, OutOfMemoryError, DisposedError
 */
export async function createView(scene: DepthScene, options: ViewOptions = {}): Promise<SceneView> {
  checkOptions(options, VIEW_OPTIONS, 'build');
  scene.use();
  const target = targetOf(scene, options);
  const { gpu } = scene;
  const { format } = target;
  const surface = renderPipeline(gpu, {
    label: 'surface',
    code: [surfaceWgsl, stepsWgsl].join('\n'),
    targets: [format, 'r32float'],
    depthStencil: DEPTH,
  });
  const fill =
    options.fill === false
      ? undefined
      : renderPipeline(gpu, { label: 'fill holes', code: onScreen(fillWgsl), targets: [format] });
  const pipelines = await Promise.all(fill ? [surface, fill] : [surface]);
  return scoped(
    gpu.device,
    { what: 'a view', phase: 'run' },
    () => new SceneView(scene, target, pipelines as [GPURenderPipeline, GPURenderPipeline?]),
  );
}
