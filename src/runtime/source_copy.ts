import copyWgsl from '../../shaders/hosts/copy_picture.wgsl?raw';
import externalWgsl from '../../shaders/hosts/load_external.wgsl?raw';
import textureWgsl from '../../shaders/hosts/load_texture.wgsl?raw';
import type { DepthMap } from '../depth/depth_map.js';
import { TextureUsage } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { scoped, submit } from '../gpu/scoped.js';
import { checkTexture } from '../image/picture.js';
import type { Size } from '../image/size.js';
import { specialize } from '../kernels/specialize.js';
import { compileHost } from '../gpu/compile_host.js';
import { estimateDepth, type EstimateOptions, type EstimateUse } from './estimate.js';
import type { Lifetime } from './lifetime.js';

/** A picture on the GPU that only a copy of is read by kernels. */
export type CopiedKind = 'srgb' | 'external';

const WORKGROUP = 8;
const USAGE = TextureUsage.STORAGE_BINDING | TextureUsage.TEXTURE_BINDING;

/** Copies pictures of a kind and size into a texture of encoded sRGB. */
export class SourceCopy {
  /** rgba8unorm */
  readonly texture: GPUTexture;
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #view: GPUTextureView;
  readonly #bound = new WeakMap<GPUTexture | GPUExternalTexture, GPUBindGroup>();

  private constructor(device: GPUDevice, pipeline: GPUComputePipeline, texture: GPUTexture) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.texture = texture;
    this.#view = texture.createView();
  }

  /** @throws ShaderError, OutOfMemoryError */
  static async make({ device }: Gpu, kind: CopiedKind, { width, height }: Size): Promise<SourceCopy> {
    const pipeline = await compile(device, kind);
    return scoped(device, { what: 'the picture', bytes: 4 * width * height, phase: 'image' }, () => {
      const format = 'rgba8unorm';
      const texture = device.createTexture({ label: 'picture', size: [width, height], format, usage: USAGE });
      return new SourceCopy(device, pipeline, texture);
    });
  }

  /** Records the copy. Of a texture that was seen before it makes no object; external ones are new in each frame. */
  encode(pass: GPUComputePassEncoder, source: GPUTexture | GPUExternalTexture): void {
    const bound = this.#bound.get(source) ?? this.#bind(source);
    this.#bound.set(source, bound);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, bound);
    const { width, height } = this.texture;
    pass.dispatchWorkgroups(Math.ceil(width / WORKGROUP), Math.ceil(height / WORKGROUP));
  }

  dispose(): void {
    this.texture.destroy();
  }

  #bind(source: GPUTexture | GPUExternalTexture): GPUBindGroup {
    const picture = 'createView' in source ? source.createView({ baseMipLevel: 0, mipLevelCount: 1 }) : source;
    return this.#device.createBindGroup({
      label: 'picture',
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: picture },
        { binding: 1, resource: this.#view },
      ],
    });
  }
}

function compile(device: GPUDevice, kind: CopiedKind): Promise<GPUComputePipeline> {
  const external = kind === 'external';
  const code = specialize([copyWgsl, external ? externalWgsl : textureWgsl], {
    pictures: external ? 'texture_external' : 'texture_2d<f32>',
    LINEAR: !external,
  });
  const label = `copy of ${kind} pictures`;
  return compileHost(device, label, code, (module) =>
    device.createComputePipelineAsync({ label, layout: 'auto', compute: { module, entryPoint: 'main' } }),
  );
}

/** Whether reading a texture decodes its colours to linear light. */
export function isSrgb({ format }: GPUTexture): boolean {
  return format.endsWith('-srgb');
}

/** @throws ImageError `IMAGE_TEXTURE` unless the texture holds encoded sRGB, or gives it in linear light */
export function checkSrgb(texture: GPUTexture): void {
  checkTexture(texture, texture.format.replace(/-srgb$/, '') as GPUTextureFormat);
}

/** An estimate of a texture of an sRGB format. */
export async function estimateSrgb(
  life: Lifetime,
  source: GPUTexture,
  options: EstimateOptions,
  use?: EstimateUse,
): Promise<DepthMap> {
  checkSrgb(source);
  const engine = await life.ready(options.signal);
  const { gpu } = engine;
  const copy = await life.guard(engine, SourceCopy.make(gpu, 'srgb', source), options.signal);
  try {
    const work = submit(gpu, { what: 'the picture', phase: 'image' }, (encoder) => {
      const pass = encoder.beginComputePass();
      copy.encode(pass, source);
      pass.end();
    });
    await life.guard(engine, work, options.signal);
    return await estimateDepth(life, copy.texture, options, use);
  } finally {
    copy.dispose();
  }
}
