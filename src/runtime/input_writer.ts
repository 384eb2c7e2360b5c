import writeWgsl from '../../shaders/hosts/write_words.wgsl?raw';
import { allocating, BufferUsage } from '../gpu/buffers.js';
import { compileHost } from '../gpu/compile_host.js';
import type { Gpu } from '../gpu/gpu.js';

/** Bytes that one dispatch carries: two words. As many dynamic offsets as every device has for uniforms. */
const CARRIED = 8;
/** Bytes from an entry of the table to the next, which dynamic offsets are multiples of on every device. */
const STRIDE = 256;
/** Bytes that are bound of an entry. */
const ENTRY = 16;

/**
 * Records, into compute passes, that inputs of programs take values. The values are in the commands, as dynamic offsets
 * into a table of all bytes. So any number of runs in encoders that are not submitted yet have values of their own, and
 * new ones make no object.
 */
export class InputWriter {
  readonly #device: GPUDevice;
  readonly #pipeline: GPUComputePipeline;
  readonly #layout: GPUBindGroupLayout;
  readonly #table: GPUBuffer;
  readonly #bound = new WeakMap<GPUBuffer, GPUBindGroup>();
  readonly #words = new Float32Array(CARRIED / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #offsets = new Uint32Array(CARRIED);

  private constructor(device: GPUDevice, pipeline: GPUComputePipeline, table: GPUBuffer) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#layout = pipeline.getBindGroupLayout(0);
    this.#table = table;
  }

  /** @throws ShaderError, OutOfMemoryError */
  static async make({ device }: Gpu): Promise<InputWriter> {
    const pipeline = await compile(device);
    const size = 256 * STRIDE;
    const table = await allocating(device, 'a table of bytes', size, () => {
      const made = device.createBuffer({ label: 'bytes', size, usage: BufferUsage.UNIFORM, mappedAtCreation: true });
      const words = new Uint32Array(made.getMappedRange());
      for (let byte = 0; byte < 256; byte++) words[(byte * STRIDE) / 4] = byte;
      made.unmap();
      return made;
    });
    return new InputWriter(device, pipeline, table);
  }

  /** Records that an input of an even number of f32 begins with values. For one seen before it makes no object. */
  encode(pass: GPUComputePassEncoder, input: GPUBuffer, values: readonly number[]): void {
    const bound = this.#bound.get(input) ?? this.#bind(input);
    this.#bound.set(input, bound);
    pass.setPipeline(this.#pipeline);
    for (let pair = 0; 2 * pair < values.length; pair++) {
      this.#words[0] = values[2 * pair]!;
      this.#words[1] = values[2 * pair + 1] ?? 0;
      for (let i = 0; i < CARRIED; i++) this.#offsets[i] = STRIDE * this.#bytes[i]!;
      pass.setBindGroup(0, bound, this.#offsets, 0, CARRIED);
      pass.dispatchWorkgroups(pair + 1);
    }
  }

  dispose(): void {
    this.#table.destroy();
  }

  #bind(input: GPUBuffer): GPUBindGroup {
    const byte = { buffer: this.#table, size: ENTRY };
    const resources = [...Array<GPUBufferBinding>(CARRIED).fill(byte), { buffer: input }];
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    return this.#device.createBindGroup({ label: 'write of words', layout: this.#layout, entries });
  }
}

function compile(device: GPUDevice): Promise<GPUComputePipeline> {
  const label = 'write of words';
  const visibility = 4; // GPUShaderStage.COMPUTE; the global is absent in Node
  const entries = Array.from({ length: CARRIED + 1 }, (_, binding): GPUBindGroupLayoutEntry => {
    const carried = binding < CARRIED;
    return { binding, visibility, buffer: { type: carried ? 'uniform' : 'storage', hasDynamicOffset: carried } };
  });
  return compileHost(device, label, writeWgsl, (module) => {
    const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
    return device.createComputePipelineAsync({ label, layout, compute: { module, entryPoint: 'main' } });
  });
}
