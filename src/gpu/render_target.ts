import storeWgsl from '../../shaders/hosts/store_values.wgsl?raw';
import { TextureUsage } from './buffers.js';
import type { Gpu } from './gpu.js';
import { scoped } from './scoped.js';
import { compileHost } from './compile_host.js';

/** Formats that are written by a render pass, as no compute shader may store to them on every device. */
export const RENDERED = ['r16float', 'depth32float'] as const;
export type RenderedFormat = (typeof RENDERED)[number];

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Formats of a canvas. */
const CANVAS = ['bgra8unorm', 'rgba8unorm', 'rgba16float'] as const;
type DrawnFormat = RenderedFormat | (typeof CANVAS)[number];

/** Draws a texture of its own into targets of a size and format: values f32, or colours for a canvas. */
export class RenderTarget {
  /** Takes the values, r32float, or the colours, rgba8unorm; of the size of the targets. */
  readonly values: GPUTexture;
  readonly format: DrawnFormat;
  readonly #pipeline: GPURenderPipeline;
  readonly #bound: GPUBindGroup;
  readonly #passes = new WeakMap<GPUTexture, GPURenderPassDescriptor>();

  private constructor(device: GPUDevice, pipeline: GPURenderPipeline, format: DrawnFormat, values: GPUTexture) {
    this.values = values;
    this.format = format;
    this.#pipeline = pipeline;
    this.#bound = device.createBindGroup({
      label: 'values',
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: values.createView() }],
    });
  }

  /** @throws ShaderError, OutOfMemoryError */
  static async make({ device }: Gpu, format: DrawnFormat, { width, height }: Extent): Promise<RenderTarget> {
    const pipeline = await compile(device, format);
    const purpose = { what: 'the values of a target', bytes: 4 * width * height, phase: 'run' } as const;
    return scoped(device, purpose, () => {
      const usage = TextureUsage.STORAGE_BINDING | TextureUsage.TEXTURE_BINDING;
      const read = isRendered(format) ? 'r32float' : 'rgba8unorm';
      const values = device.createTexture({ label: 'values', size: [width, height], format: read, usage });
      return new RenderTarget(device, pipeline, format, values);
    });
  }

  /** Records a pass that draws the values. One for a target that was seen before makes no object. */
  encode(encoder: GPUCommandEncoder, target: GPUTexture): void {
    const known = this.#passes.get(target);
    const descriptor = known ?? passOver(target, this.format);
    if (!known) this.#passes.set(target, descriptor);
    const pass = encoder.beginRenderPass(descriptor);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bound);
    pass.draw(3);
    pass.end();
  }

  dispose(): void {
    this.values.destroy();
  }
}

/** Whether a format is written by a render pass. */
export function isRendered(format: string): format is RenderedFormat {
  return RENDERED.some((name) => name === format);
}

/** A render pass over a whole target. */
export function passOver(target: GPUTexture, format: DrawnFormat): GPURenderPassDescriptor {
  const view = target.createView({ baseMipLevel: 0, mipLevelCount: 1 });
  if (format !== 'depth32float')
    return { label: 'depthwise', colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] };
  const stored = { view, depthClearValue: 0, depthLoadOp: 'clear', depthStoreOp: 'store' } as const;
  return { label: 'depthwise', colorAttachments: [], depthStencilAttachment: stored };
}

function compile(device: GPUDevice, format: DrawnFormat): Promise<GPURenderPipeline> {
  const label = `store to ${format}`;
  const isDepth = format === 'depth32float';
  return compileHost(device, label, storeWgsl, (module) =>
    device.createRenderPipelineAsync({
      label,
      layout: 'auto',
      vertex: { module, entryPoint: 'vertex_main' },
      fragment: isDepth
        ? { module, entryPoint: 'depth_main', targets: [] }
        : { module, entryPoint: isRendered(format) ? 'value_main' : 'color_main', targets: [{ format }] },
      ...(isDepth && { depthStencil: { format, depthWriteEnabled: true, depthCompare: 'always' } }),
    }),
  );
}
