import { OutOfMemoryError } from '../errors.js';

// Values of GPUBufferUsage, GPUMapMode and GPUTextureUsage: the globals are absent in Node.
export const BufferUsage = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128, QUERY_RESOLVE: 512 } as const;
export const TextureUsage = { COPY_SRC: 1, COPY_DST: 2, TEXTURE_BINDING: 4, STORAGE_BINDING: 8, RENDER_ATTACHMENT: 16 } as const;
const MAP_READ = 1;

/** Upload slice, small enough to keep queue staging memory bounded. */
const SLICE_BYTES = 8 << 20;

/** Runs `allocate` and throws when the device reports out of memory or an invalid size for anything made in it. */
export async function allocating<T>(device: GPUDevice, what: string, bytes: number, allocate: () => T): Promise<T> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let made: T | undefined;
  let thrown: unknown;
  try {
    made = allocate();
  } catch (error) {
    thrown = error;
  }
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  const error = thrown ?? errors[0] ?? errors[1];
  if (error) {
    const text = (error as { message?: string }).message ?? String(error);
    throw new OutOfMemoryError('GPU_OOM', `The GPU could not allocate ${bytes} bytes for ${what}: ${text}`, { actual: bytes, cause: error, retryable: true });
  }
  return made as T;
}

/** Writes bytes to a buffer in slices; the length must be a multiple of 4. */
export function writeSlices(device: GPUDevice, buffer: GPUBuffer, data: ArrayBufferView): void {
  for (let offset = 0; offset < data.byteLength; offset += SLICE_BYTES) {
    const bytes = Math.min(SLICE_BYTES, data.byteLength - offset);
    device.queue.writeBuffer(buffer, offset, data.buffer as ArrayBuffer, data.byteOffset + offset, bytes);
  }
}

/** A staging buffer for reading `bytes` bytes back to the CPU. */
export function createReadback(device: GPUDevice, bytes: number): GPUBuffer {
  return device.createBuffer({ label: 'readback', size: Math.ceil(bytes / 4) * 4, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
}

/** Copies the mapped content of a staging buffer out and unmaps it. */
export async function readMapped(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  await staging.mapAsync(MAP_READ, 0, Math.ceil(bytes / 4) * 4);
  const copy = staging.getMappedRange(0, Math.ceil(bytes / 4) * 4).slice(0, bytes);
  staging.unmap();
  return copy;
}

/** Reads the first `bytes` bytes of a buffer that has COPY_SRC usage. */
export async function readBuffer(device: GPUDevice, buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const staging = createReadback(device, bytes);
  try {
    const encoder = device.createCommandEncoder({ label: 'read' });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, Math.ceil(bytes / 4) * 4);
    device.queue.submit([encoder.finish()]);
    return await readMapped(staging, bytes);
  } finally {
    staging.destroy();
  }
}
