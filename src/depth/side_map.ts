import type { Gpu } from '../gpu/gpu.js';
import { readBuffer } from '../gpu/buffers.js';

/** Passes on the result of work on a map while the map lives. @throws DisposedError, DeviceLostError */
export type WhileAlive = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * What a network gives beside the depth: f32[height,width] on the GPU, of the size of the depth map, which it belongs
 * to and ends with.
 */
export class SideMap {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** The values f32[height,width] on the device, row-major; usage STORAGE, COPY_SRC and COPY_DST. */
  readonly buffer: GPUBuffer;
  readonly #gpu: Gpu;
  readonly #alive: WhileAlive;
  #values: Promise<Float32Array> | undefined;

  /** @internal */
  constructor(gpu: Gpu, buffer: GPUBuffer, { width, height }: { width: number; height: number }, alive: WhileAlive) {
    this.#gpu = gpu;
    this.buffer = buffer;
    this.width = width;
    this.height = height;
    this.#alive = alive;
  }

  /**
   * The values f32[height,width], row-major, read back once: every call gives the same array.
   * @example
   * ```ts
   * const sure = await depth.confidence?.read();
   * ```
   * @throws DeviceLostError, DisposedError
   */
  async read(): Promise<Float32Array> {
    return this.#alive(() => {
      if (!this.#values) {
        this.#values = readBuffer(this.#gpu.device, this.buffer, this.buffer.size).then(
          (bytes) => new Float32Array(bytes),
        );
        this.#values.catch(() => (this.#values = undefined));
      }
      return this.#values;
    });
  }
}
