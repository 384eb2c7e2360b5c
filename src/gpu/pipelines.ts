import { ShaderError } from '../errors.js';
import { readBindings, type Binding } from './bindings.js';

/** A compiled kernel and its binding table. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
}

/** Compiles each specialised WGSL text once per device. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of distinct pipelines made so far. */
  get size(): number {
    return this.#compiled.size;
  }

  /** The pipeline of a WGSL text. @throws ShaderError `SHADER_COMPILE` with the kernel's name, line and compiler text. */
  get(code: string, label: string): Promise<Pipeline> {
    const known = this.#compiled.get(code);
    if (known) return known;
    const compiled = this.#compile(code, label);
    this.#compiled.set(code, compiled);
    compiled.catch(() => this.#compiled.delete(code));
    return compiled;
  }

  async #compile(code: string, label: string): Promise<Pipeline> {
    const device = this.#device;
    const bindings = readBindings(code);
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ code, label });
    const layout = device.createBindGroupLayout({ label, entries: bindings.map(layoutEntry) });
    const pipeline = device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    const validation = device.popErrorScope();
    try {
      return { pipeline: await pipeline, layout, bindings };
    } catch (cause) {
      const error = (await validation)?.message ?? String(cause);
      throw new ShaderError('SHADER_COMPILE', `Kernel "${label}" does not compile: ${(await firstLine(module, code)) ?? error}`, { phase: 'compile', cause });
    }
  }
}

async function firstLine(module: GPUShaderModule, code: string): Promise<string | undefined> {
  const message = (await module.getCompilationInfo()).messages.find((m) => m.type === 'error');
  return message && `line ${message.lineNum}: ${message.message} in "${code.split('\n')[message.lineNum - 1]?.trim()}"`;
}

function layoutEntry({ index, kind, format }: Binding): GPUBindGroupLayoutEntry {
  const at = { binding: index, visibility: 4 /* GPUShaderStage.COMPUTE; the global is absent in Node */ };
  if (kind === 'texture') return { ...at, texture: { sampleType: 'unfilterable-float' } };
  if (kind === 'storage_texture') return { ...at, storageTexture: { format: format as GPUTextureFormat, access: 'write-only' } };
  return { ...at, buffer: { type: kind === 'uniform' ? 'uniform' : kind === 'read' ? 'read-only-storage' : 'storage' } };
}
