import { InternalError, OutOfMemoryError, ShaderError, TimeoutError } from '../errors.js';
import { readBindings, type Binding } from './bindings.js';
import { scoped, textOf } from './scoped.js';
import { withinTime } from './time_limit.js';

/** A compiled kernel and its binding table. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
}

/** Compiles each specialised WGSL text once per device. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #patient: boolean;
  readonly #compiled = new Map<string, Promise<Pipeline>>();

  /** @param patient whether compiling may take any time, as on a CPU */
  constructor(device: GPUDevice, patient: boolean) {
    this.#device = device;
    this.#patient = patient;
  }

  /** Number of distinct pipelines made so far. */
  get size(): number {
    return this.#compiled.size;
  }

  /**
   * The pipeline of a WGSL text.
   * @throws ShaderError `SHADER_COMPILE` with the kernel's name, line and compiler text, `SHADER_INTERNAL` when the
   *   driver fails;
   *   TimeoutError `TIMEOUT_COMPILE`
   */
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
    let module: GPUShaderModule | undefined;
    let pipeline: Promise<GPUComputePipeline> | undefined;
    try {
      const layout = await scoped(device, { what: `kernel "${label}"`, phase: 'compile' }, () => {
        module = device.createShaderModule({ code, label });
        const layout = device.createBindGroupLayout({ label, entries: bindings.map(layoutEntry) });
        pipeline = device.createComputePipelineAsync({
          label,
          layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
          compute: { module, entryPoint: 'main' },
        });
        pipeline.catch(() => undefined);
        return layout;
      });
      const compiled = pipeline as unknown as Promise<GPUComputePipeline>;
      return {
        pipeline: await (this.#patient
          ? compiled
          : withinTime(compiled, 'TIMEOUT_COMPILE', `kernel "${label}"`, 'compile')),
        layout,
        bindings,
      };
    } catch (cause) {
      if (cause instanceof OutOfMemoryError || cause instanceof TimeoutError) throw cause;
      throw shaderError(label, module && (await firstLine(module, code)), cause);
    }
  }
}

/** A driver may fail at a shader that is sound: only an invalid one is the text's own fault. */
function shaderError(label: string, line: string | undefined, cause: unknown): ShaderError {
  const invalid =
    line !== undefined ||
    (cause as Partial<GPUPipelineError>).reason === 'validation' ||
    (cause instanceof InternalError && cause.code === 'INTERNAL_VALIDATION');
  const [code, what] = invalid
    ? (['SHADER_COMPILE', 'does not compile'] as const)
    : (['SHADER_INTERNAL', 'could not be compiled by the driver'] as const);
  return new ShaderError(code, `Kernel "${label}" ${what}: ${line ?? textOf(cause)}`, {
    phase: 'compile',
    actual: label,
    cause,
  });
}

async function firstLine(module: GPUShaderModule, code: string): Promise<string | undefined> {
  const asked = withinTime(module.getCompilationInfo(), 'TIMEOUT_COMPILE', 'a message of the compiler', 'compile');
  const info = await asked.catch(() => undefined);
  const message = info?.messages.find((m) => m.type === 'error');
  return message && `line ${message.lineNum}: ${message.message} in "${code.split('\n')[message.lineNum - 1]?.trim()}"`;
}

function layoutEntry({ index, kind, format }: Binding): GPUBindGroupLayoutEntry {
  const at = { binding: index, visibility: 4 /* GPUShaderStage.COMPUTE; the global is absent in Node */ };
  if (kind === 'texture') return { ...at, texture: { sampleType: 'unfilterable-float' } };
  if (kind === 'storage_texture')
    return { ...at, storageTexture: { format: format as GPUTextureFormat, access: 'write-only' } };
  return {
    ...at,
    buffer: { type: kind === 'uniform' ? 'uniform' : kind === 'read' ? 'read-only-storage' : 'storage' },
  };
}
