import { readBuffer, TextureUsage } from '../src/gpu/buffers.js';
import type { Gpu } from '../src/gpu/gpu.js';
import { Executable } from '../src/graph/executor.js';
import { Graph, type Value } from '../src/graph/graph.js';
import type { Op } from '../src/kernels/op.js';
import { byteLength, type TensorType } from '../src/tensor.js';
import { readTexels, targetTexture } from '../test/textures.js';
import type { Actual } from '../test/kernels/compare.js';
import { repeating, within } from './clock.js';
import { valuesOf, type Stored } from './inputs.js';

/** One op on one kernel, compiled, with its inputs on the GPU. */
export class KernelRun {
  /** Types of the outputs. */
  readonly outputs: Readonly<Record<string, TensorType>>;
  readonly #gpu: Gpu;
  readonly #executable: Executable;
  readonly #values: Readonly<Record<string, Value>>;
  readonly #textures: Readonly<Record<string, GPUTexture>>;

  private constructor(
    gpu: Gpu,
    executable: Executable,
    values: Readonly<Record<string, Value>>,
    textures: Readonly<Record<string, GPUTexture>>,
  ) {
    this.#gpu = gpu;
    this.#executable = executable;
    this.#values = values;
    this.#textures = textures;
    this.outputs = Object.fromEntries(Object.entries(values).map(([name, { type }]) => [name, type]));
  }

  /** @throws LimitError, ShaderError, OutOfMemoryError */
  static async compile(
    gpu: Gpu,
    op: Op,
    inputs: Readonly<Record<string, Stored>>,
    attrs: unknown,
    kernel: string,
    texelFormat?: GPUTextureFormat,
  ): Promise<KernelRun> {
    const graph = new Graph();
    const values = Object.fromEntries(
      Object.entries(inputs).map(([name, { type }]) => [name, graph.input(name, type)]),
    );
    const outputs = graph.apply(op, values, attrs) as Record<string, Value>;
    const executable = await Executable.compile(graph, gpu, {
      constants: noConstants,
      keep: Object.values(outputs),
      kernel: () => kernel,
    });
    const textures: Record<string, GPUTexture> = {};
    for (const [name, { type, bytes }] of Object.entries(inputs)) {
      if (type.dtype === 'texture') textures[name] = sourceTexture(gpu.device, type, bytes);
      else gpu.device.queue.writeBuffer(executable.buffer(values[name] as Value), 0, bytes);
    }
    for (const [name, { type }] of Object.entries(outputs))
      if (type.dtype === 'texture') textures[name] = targetTexture(gpu.device, type, texelFormat);
    return new KernelRun(gpu, executable, outputs, textures);
  }

  /** Records one pass that dispatches the kernel `repeats` times. */
  readonly record = (
    encoder: GPUCommandEncoder,
    repeats: number,
    timestampWrites?: GPUComputePassTimestampWrites,
  ): void => {
    this.#executable.encode(repeating(encoder, repeats, timestampWrites), this.#textures);
  };

  /** Dispatches the kernel once in a pass. */
  dispatch(pass: GPUComputePassEncoder): void {
    this.#executable.encode(within(pass), this.#textures);
  }

  /** Poisons the outputs with NaN, runs once and reads them. */
  async results(): Promise<Record<string, Actual>> {
    const { device } = this.#gpu;
    for (const slot of this.#executable.slots)
      device.queue.writeBuffer(slot, 0, new Uint32Array(slot.size / 4).fill(0x7fc07e00));
    const encoder = device.createCommandEncoder();
    this.record(encoder, 1);
    device.queue.submit([encoder.finish()]);
    const read = Object.entries(this.#values).map(async ([name, value]): Promise<[string, Actual]> => {
      const texture = this.#textures[name];
      return [
        name,
        { type: value.type, values: texture ? await readTexels(device, texture) : await this.#read(value) },
      ];
    });
    const result = Object.fromEntries(await Promise.all(read));
    this.#gpu.check('run');
    return result;
  }

  dispose(): void {
    this.#executable.dispose();
    for (const texture of Object.values(this.#textures)) texture.destroy();
  }

  async #read(value: Value): Promise<Float64Array> {
    const bytes = new Uint8Array(
      await readBuffer(this.#gpu.device, this.#executable.buffer(value), byteLength(value.type)),
    );
    return Float64Array.from(valuesOf(value.type, bytes));
  }
}

function sourceTexture(device: GPUDevice, { shape }: TensorType, bytes: Uint8Array<ArrayBuffer>): GPUTexture {
  const [height, width] = shape as [number, number];
  const texture = device.createTexture({
    label: 'picture',
    size: [width, height],
    format: 'rgba8unorm',
    usage: TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, bytes, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

function noConstants(key: string): GPUBuffer {
  throw new Error(`unexpected constant ${key}`);
}
