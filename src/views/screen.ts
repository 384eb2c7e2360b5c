import screenWgsl from '../../shaders/views/screen.wgsl?raw';
import type { Gpu } from '../gpu/gpu.js';
import { ShaderError } from '../errors.js';
import { scoped, textOf } from '../gpu/scoped.js';

/** Render pipelines by device, text and format. */
const compiled = new WeakMap<Gpu, Map<string, Promise<GPURenderPipeline>>>();

/** A shader that draws. */
export interface RenderText {
  readonly label: string;
  readonly code: string;
  readonly targets: readonly GPUTextureFormat[];
  readonly depthStencil?: GPUDepthStencilState;
}

/** Shader text that draws on the whole screen. */
export function onScreen(...files: readonly string[]): string {
  return [...files, screenWgsl].join('\n');
}

/** The pipeline of a shader, compiled once for a device. @throws ShaderError `SHADER_COMPILE` */
export function renderPipeline(gpu: Gpu, text: RenderText): Promise<GPURenderPipeline> {
  let known = compiled.get(gpu);
  if (!known) compiled.set(gpu, (known = new Map()));
  const key = `${text.targets.join()} ${text.code}`;
  const there = known.get(key);
  if (there) return there;
  const made = compile(gpu, text);
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

async function compile(gpu: Gpu, { label, code, targets, depthStencil }: RenderText): Promise<GPURenderPipeline> {
  try {
    let pipeline: Promise<GPURenderPipeline> | undefined;
    await scoped(gpu.device, { what: `the shader "${label}"`, phase: 'compile' }, () => {
      const module = gpu.device.createShaderModule({ label, code });
      pipeline = gpu.device.createRenderPipelineAsync({
        label,
        layout: 'auto',
        vertex: { module, entryPoint: 'vertex_main' },
        fragment: { module, entryPoint: 'fragment_main', targets: targets.map((format) => ({ format })) },
        ...(depthStencil && { depthStencil }),
      });
      pipeline.catch(() => undefined);
    });
    return await pipeline!;
  } catch (cause) {
    throw new ShaderError('SHADER_COMPILE', `The shader "${label}" does not compile: ${textOf(cause)}`, {
      phase: 'compile',
      actual: label,
      cause,
    });
  }
}

/** A pass over one whole target, written anew for each frame. */
export class ScreenPass {
  readonly #pipeline: GPURenderPipeline;
  readonly #bound: GPUBindGroup;
  readonly #attachment: GPURenderPassColorAttachment = {
    view: undefined as unknown as GPUTextureView,
    loadOp: 'clear',
    storeOp: 'store',
    clearValue: [0, 0, 0, 0],
  };
  readonly #descriptor: GPURenderPassDescriptor = { colorAttachments: [this.#attachment] };

  constructor(device: GPUDevice, pipeline: GPURenderPipeline, resources: readonly GPUBindingResource[]) {
    this.#pipeline = pipeline;
    this.#bound = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
  }

  encode(encoder: GPUCommandEncoder, target: GPUTextureView): void {
    this.#attachment.view = target;
    const pass = encoder.beginRenderPass(this.#descriptor);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bound);
    pass.draw(3);
    pass.end();
  }
}
