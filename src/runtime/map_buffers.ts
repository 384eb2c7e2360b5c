/**
 * The buffers of a stream's maps. One that its map no longer needs is the next map's, so that a stream makes as many as
 * there are maps at a time, and then none.
 */
export class MapBufferPool implements Pick<GPUDevice, 'createBuffer'> {
  #device: GPUDevice | undefined;
  /** By label: the size asked for last, and the buffers of that size that no map has. */
  readonly #idle = new Map<string, { readonly size: number; readonly buffers: Set<GPUBuffer> }>();

  /** Makes buffers of a device from here on. */
  use(device: GPUDevice): void {
    if (device !== this.#device) this.end();
    this.#device = device;
  }

  createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    const { label = '', size } = descriptor;
    if (this.#idle.get(label)?.size !== size) this.#open(label, size);
    const idle = this.#idle.get(label)!;
    const [free] = idle.buffers;
    if (free) {
      idle.buffers.delete(free);
      return free;
    }
    const buffer = (this.#device as GPUDevice).createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = (): undefined => {
      if (this.#idle.get(label) === idle) idle.buffers.add(buffer);
      else destroy();
    };
    return buffer;
  }

  /** Destroys those that no map has; maps that are left destroy theirs. */
  end(): void {
    for (const label of [...this.#idle.keys()]) this.#close(label);
  }

  #open(label: string, size: number): void {
    this.#close(label);
    this.#idle.set(label, { size, buffers: new Set() });
  }

  #close(label: string): void {
    const idle = this.#idle.get(label);
    this.#idle.delete(label);
    for (const buffer of idle?.buffers ?? []) buffer.destroy();
  }
}
