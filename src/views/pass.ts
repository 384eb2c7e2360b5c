import { BufferUsage } from '../gpu/buffers.js';
import { packUniform, type Binding } from '../gpu/bindings.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Pipeline } from '../gpu/pipelines.js';
import type { Tunables } from '../kernels/op.js';
import { foldWorkgroups } from '../kernels/op.js';
import { specialize } from '../kernels/specialize.js';

const WORKGROUP = 64;

/** A compute shader of the views, and the files that it includes. */
export interface PassText {
  readonly label: string;
  readonly files: readonly string[];
  readonly tunables?: Tunables;
}

/** A compute shader with its uniforms and what it is bound to: recording it makes no object. */
export class Pass {
  readonly #device: GPUDevice;
  readonly #pipeline: Pipeline;
  readonly #uniform: GPUBuffer;
  readonly #bound: GPUBindGroup;

  private constructor(device: GPUDevice, pipeline: Pipeline, uniform: GPUBuffer, bound: GPUBindGroup) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#uniform = uniform;
    this.#bound = bound;
  }

  /**
   * Compiles a shader and binds it; names are those of its bindings.
   * @throws ShaderError, TimeoutError
   */
  static async make(
    gpu: Gpu,
    { label, files, tunables = {} }: PassText,
    resources: Readonly<Record<string, GPUBuffer | GPUTextureView>>,
  ): Promise<Pass> {
    const pipeline = await gpu.pipelines.get(specialize(files, tunables), label);
    const { device } = gpu;
    const { fields } = uniformOf(pipeline);
    const uniform = device.createBuffer({
      label,
      size: Math.ceil(fields.length / 4) * 16,
      usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
    });
    const bound = device.createBindGroup({
      label,
      layout: pipeline.layout,
      entries: pipeline.bindings.map(({ index, kind, name }) => ({
        binding: index,
        resource: kind === 'uniform' ? { buffer: uniform } : bindable(resources[name]!),
      })),
    });
    return new Pass(device, pipeline, uniform, bound);
  }

  /** Sets the uniforms, by their names in the shader. */
  set(params: Readonly<Record<string, number>>): void {
    this.#device.queue.writeBuffer(this.#uniform, 0, packUniform(uniformOf(this.#pipeline).fields, params));
  }

  /** Records the shader for so many invocations. */
  encode(pass: GPUComputePassEncoder, invocations: number): void {
    pass.setPipeline(this.#pipeline.pipeline);
    pass.setBindGroup(0, this.#bound);
    pass.dispatchWorkgroups(...foldWorkgroups(Math.ceil(invocations / WORKGROUP)));
  }

  dispose(): void {
    this.#uniform.destroy();
  }
}

/** The one uniform struct of a shader. */
function uniformOf({ bindings }: Pipeline): Binding {
  return bindings.find(({ kind }) => kind === 'uniform')!;
}

function bindable(resource: GPUBuffer | GPUTextureView): GPUBindingResource {
  return 'mapAsync' in resource ? { buffer: resource } : resource;
}
