import type { RawPicture } from '../image/pixels.js';
import { UsageError } from '../errors.js';
import { TextureUsage } from '../gpu/buffers.js';
import { checkNumber } from './lens.js';
import { readTexture } from './read_texture.js';
import type { DepthScene } from './scene.js';

/** What a scene is drawn into. */
export interface TargetOptions {
  /** In pixels; that of the picture unless given. */
  readonly width?: number;
  readonly height?: number;
  /** Of the texture or canvas: rgba8unorm unless given; `navigator.gpu.getPreferredCanvasFormat()` for a canvas. */
  readonly format?: 'rgba8unorm' | 'bgra8unorm';
}

export interface Target {
  readonly width: number;
  readonly height: number;
  readonly format: 'rgba8unorm' | 'bgra8unorm';
}

/** RGBA bytes, sRGB, top row first; alpha 0 where nothing is. */
export interface Rendered extends RawPicture {
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The target that options ask for. @throws UsageError `OPTION_VALUE` */
export function targetOf(scene: DepthScene, options: TargetOptions): Target {
  const { width = scene.picture.width, height = scene.picture.height, format = 'rgba8unorm' } = options;
  const most = scene.device.limits.maxTextureDimension2D;
  for (const [name, side] of [
    ['width', width],
    ['height', height],
  ] as const)
    checkNumber(name, Number.isInteger(side) ? side : NaN, 1, most);
  return { width, height, format };
}

/** One way to draw a scene, with parameters P that may change from frame to frame. */
export abstract class Rendering<P extends object> {
  readonly scene: DepthScene;
  readonly width: number;
  readonly height: number;
  readonly format: Target['format'];
  #offscreen: GPUTexture | undefined;
  #canvas: { readonly canvas: object; readonly context: GPUCanvasContext } | undefined;

  /** @internal */
  constructor(scene: DepthScene, { width, height, format }: Target) {
    this.scene = scene;
    this.width = width;
    this.height = height;
    this.format = format;
  }

  /**
   * Records one frame into a target of `width`, `height` and `format`. Makes no object. One frame a submit: a second
   * `encode` before it changes the first.
   * @throws DisposedError
   */
  abstract encode(encoder: GPUCommandEncoder, target: GPUTextureView, params?: P): void;

  /** Frees what it made. Safe to call twice. */
  dispose(): void {
    this.#offscreen?.destroy();
    this.#offscreen = undefined;
    this.free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  protected abstract free(): void;

  /**
   * Draws one frame on a canvas, which takes the size of the rendering.
   * @throws UsageError `CANVAS_CONTEXT`; DisposedError
   */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, params?: P): void {
    const context = this.#configured(canvas);
    this.#submit(context.getCurrentTexture().createView(), params);
  }

  /**
   * Draws one frame and reads it back.
   * @throws DeviceLostError, DisposedError, OutOfMemoryError
   */
  async read(params?: P): Promise<Rendered> {
    this.scene.use();
    const { gpu, device } = this.scene;
    const { width, height, format } = this;
    const usage = TextureUsage.RENDER_ATTACHMENT | TextureUsage.COPY_SRC;
    const texture = (this.#offscreen ??= device.createTexture({ size: [width, height], format, usage }));
    this.#submit(texture.createView(), params);
    const data = new Uint8Array(await gpu.guard('read', readTexture(gpu, texture, 4)));
    if (format === 'bgra8unorm')
      for (let i = 0; i < data.length; i += 4) [data[i], data[i + 2]] = [data[i + 2]!, data[i]!];
    return { data, width, height };
  }

  #submit(target: GPUTextureView, params: P | undefined): void {
    const { device } = this.scene;
    const encoder = device.createCommandEncoder({ label: 'view' });
    this.encode(encoder, target, params);
    device.queue.submit([encoder.finish()]);
  }

  #configured(canvas: HTMLCanvasElement | OffscreenCanvas): GPUCanvasContext {
    if (this.#canvas?.canvas === canvas) return this.#canvas.context;
    const context = canvas.getContext('webgpu') as GPUCanvasContext | null;
    if (!context)
      throw new UsageError(
        'CANVAS_CONTEXT',
        'The canvas has a context of another kind; a view needs a webgpu context.',
        {
          phase: 'write',
        },
      );
    canvas.width = this.width;
    canvas.height = this.height;
    context.configure({ device: this.scene.device, format: this.format, alphaMode: 'premultiplied' });
    this.#canvas = { canvas, context };
    return context;
  }
}
