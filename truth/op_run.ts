import { readBuffer } from '../src/gpu/buffers.js';
import type { Gpu } from '../src/gpu/gpu.js';
import { compileOp, type CompiledOp } from '../src/graph/compile_op.js';
import type { Executable } from '../src/graph/executor.js';
import type { Value } from '../src/graph/graph.js';
import type { Op } from '../src/kernels/op.js';
import { byteLength, type TensorType } from '../src/tensor.js';
import type { Actual } from './compare.js';
import { valuesOf, type Stored } from './inputs.js';
import { pictureTexture, readTexels, targetTexture } from './textures.js';

/** One op on one kernel, compiled, with its inputs on the GPU. */
export class OpRun {
  /** Types of the outputs. */
  readonly outputs: Readonly<Record<string, TensorType>>;
  readonly #gpu: Gpu;
  readonly #compiled: CompiledOp;
  readonly #textures: Readonly<Record<string, GPUTexture>>;

  private constructor(gpu: Gpu, compiled: CompiledOp, textures: Readonly<Record<string, GPUTexture>>) {
    this.#gpu = gpu;
    this.#compiled = compiled;
    this.#textures = textures;
    this.outputs = Object.fromEntries(Object.entries(compiled.outputs).map(([name, { type }]) => [name, type]));
  }

  /** @throws LimitError, ShaderError, OutOfMemoryError */
  static async compile(
    gpu: Gpu,
    op: Op,
    inputs: Readonly<Record<string, Stored>>,
    attrs: unknown,
    kernel: string,
    texelFormat?: GPUTextureFormat,
  ): Promise<OpRun> {
    const types = Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type]));
    const compiled = await compileOp(gpu, op, types, attrs, kernel);
    const { device } = gpu;
    const textures: Record<string, GPUTexture> = {};
    for (const [name, stored] of Object.entries(inputs)) {
      const value = compiled.inputs[name] as Value;
      if (value.type.dtype === 'texture') textures[name] = pictureTexture(device, stored);
      else device.queue.writeBuffer(compiled.executable.buffer(value), 0, stored.bytes);
    }
    for (const [name, { type }] of Object.entries(compiled.outputs))
      if (type.dtype === 'texture') textures[name] = targetTexture(device, type, texelFormat);
    return new OpRun(gpu, compiled, textures);
  }

  /** Records one pass that dispatches the kernel once. */
  encode(encoder: GPUCommandEncoder): void {
    this.#compiled.executable.encode(encoder, this.#textures);
  }

  /** Poisons the outputs with NaN, runs once and reads them; `wrapped` may show the run another encoder. */
  async results(
    wrapped: (encoder: GPUCommandEncoder) => GPUCommandEncoder = (encoder) => encoder,
  ): Promise<Record<string, Actual>> {
    const { device } = this.#gpu;
    poison(device, this.#compiled.executable);
    const encoder = device.createCommandEncoder();
    this.encode(wrapped(encoder));
    device.queue.submit([encoder.finish()]);
    const read = Object.entries(this.#compiled.outputs).map(
      async ([name, value]) => [name, { type: value.type, values: await this.#read(name, value) }] as const,
    );
    const result = Object.fromEntries(await Promise.all(read));
    this.#gpu.check('run');
    return result;
  }

  dispose(): void {
    this.#compiled.executable.dispose();
    for (const texture of Object.values(this.#textures)) texture.destroy();
  }

  async #read(name: string, value: Value): Promise<Float64Array> {
    const texture = this.#textures[name];
    if (texture) return readTexels(this.#gpu.device, texture);
    const buffer = this.#compiled.executable.buffer(value);
    const bytes = new Uint8Array(await readBuffer(this.#gpu.device, buffer, byteLength(value.type)));
    return Float64Array.from(valuesOf(value.type, bytes));
  }
}

/** Fills what a run writes with NaN, in f32 and in f16. */
export function poison(device: GPUDevice, { slots }: Executable): void {
  for (const slot of slots) device.queue.writeBuffer(slot, 0, new Uint32Array(slot.size / 4).fill(0x7fc07e00));
}
