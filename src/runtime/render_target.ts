import storeWgsl from '../../shaders/hosts/store_values.wgsl?raw';
import { TextureUsage } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { scoped } from '../gpu/scoped.js';
import type { Size } from '../image/size.js';
import { compileHost } from './compile_host.js';

/** Formats that are written by a render pass, as no compute shader may store to them on every device. */
export const RENDERED = ['r16float', 'depth32float'] as const;
export type RenderedFormat = (typeof RENDERED)[number];

/** Draws values f32 of a texture of its own into targets of a size and format. */
export class RenderTarget {
  /** Takes the values: r32float, of the size of the targets. */
  readonly values: GPUTexture;
  readonly #pipeline: GPURenderPipeline;
  readonly #bound: GPUBindGroup;
  readonly #isDepth: boolean;
  readonly #passes = new WeakMap<GPUTexture, GPURenderPassDescriptor>();

  private constructor(device: GPUDevice, pipeline: GPURenderPipeline, format: RenderedFormat, values: GPUTexture) {
    this.values = values;
    this.#pipeline = pipeline;
    this.#isDepth = format === 'depth32float';
    this.#bound = device.createBindGroup({
      label: 'values',
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: values.createView() }],
    });
  }

  /** @throws ShaderError, OutOfMemoryError */
  static async make({ device }: Gpu, format: RenderedFormat, { width, height }: Size): Promise<RenderTarget> {
    const pipeline = await compile(device, format);
    const purpose = { what: 'the values of a target', bytes: 4 * width * height, phase: 'run' } as const;
    return scoped(device, purpose, () => {
      const usage = TextureUsage.STORAGE_BINDING | TextureUsage.TEXTURE_BINDING;
      const values = device.createTexture({ label: 'values', size: [width, height], format: 'r32float', usage });
      return new RenderTarget(device, pipeline, format, values);
    });
  }

  /** Records a pass that draws the values. One for a target that was seen before makes no object. */
  encode(encoder: GPUCommandEncoder, target: GPUTexture): void {
    const known = this.#passes.get(target);
    const descriptor = known ?? passOver(target, this.#isDepth);
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

/** A render pass over a whole target. */
export function passOver(target: GPUTexture, isDepth: boolean): GPURenderPassDescriptor {
  const view = target.createView({ baseMipLevel: 0, mipLevelCount: 1 });
  if (!isDepth) return { label: 'depthwise', colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] };
  const stored = { view, depthClearValue: 0, depthLoadOp: 'clear', depthStoreOp: 'store' } as const;
  return { label: 'depthwise', colorAttachments: [], depthStencilAttachment: stored };
}

const compiled = new WeakMap<GPUDevice, Map<RenderedFormat, Promise<GPURenderPipeline>>>();

/** The pipeline of a format, compiled once for a device. */
function compile(device: GPUDevice, format: RenderedFormat): Promise<GPURenderPipeline> {
  const known = compiled.get(device) ?? new Map<RenderedFormat, Promise<GPURenderPipeline>>();
  compiled.set(device, known);
  const made = known.get(format) ?? compileNew(device, format);
  known.set(format, made);
  made.catch(() => known.delete(format));
  return made;
}

function compileNew(device: GPUDevice, format: RenderedFormat): Promise<GPURenderPipeline> {
  const label = `store to ${format}`;
  const isDepth = format === 'depth32float';
  return compileHost(device, label, storeWgsl, (module) =>
    device.createRenderPipelineAsync({
      label,
      layout: 'auto',
      vertex: { module, entryPoint: 'vertex_main' },
      fragment: isDepth
        ? { module, entryPoint: 'depth_main', targets: [] }
        : { module, entryPoint: 'color_main', targets: [{ format }] },
      ...(isDepth && { depthStencil: { format, depthWriteEnabled: true, depthCompare: 'always' } }),
    }),
  );
}
