import { InternalError, OutOfMemoryError } from '../errors.js';
import { scoped, submitCut, textOf, type Recorder } from './scoped.js';
import { submitWithinTime } from './time_limit.js';

// Values of GPUBufferUsage, GPUMapMode and GPUTextureUsage: the globals are absent in Node.
export const BufferUsage = {
  MAP_READ: 1,
  COPY_SRC: 4,
  COPY_DST: 8,
  UNIFORM: 64,
  STORAGE: 128,
  QUERY_RESOLVE: 512,
} as const;
export const TextureUsage = {
  COPY_SRC: 1,
  COPY_DST: 2,
  TEXTURE_BINDING: 4,
  STORAGE_BINDING: 8,
  RENDER_ATTACHMENT: 16,
} as const;
const MAP_READ = 1;

/** Upload slice, small enough to keep queue staging memory bounded. */
const SLICE_BYTES = 8 << 20;

/** Runs `allocate` and throws what the device reports of it. @throws as `scoped` */
export function allocating<T>(device: GPUDevice, what: string, bytes: number, allocate: () => T): Promise<T> {
  return scoped(device, { what, bytes, phase: 'upload' }, allocate);
}

/** Writes bytes to a buffer in slices, and nothing of none; the length must be a multiple of 4. */
export function writeSlices(device: GPUDevice, buffer: GPUBuffer, data: ArrayBufferView): void {
  for (let offset = 0; offset < data.byteLength; offset += SLICE_BYTES) {
    const bytes = Math.min(SLICE_BYTES, data.byteLength - offset);
    device.queue.writeBuffer(buffer, offset, data.buffer as ArrayBuffer, data.byteOffset + offset, bytes);
  }
}

/** A staging buffer for reading `bytes` bytes back to the CPU. */
export function createReadback(device: GPUDevice, bytes: number): GPUBuffer {
  return device.createBuffer({
    label: 'readback',
    size: Math.ceil(bytes / 4) * 4,
    usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
  });
}

/**
 * Copies the content of a staging buffer out.
 * @throws InternalError `INTERNAL_READBACK`, OutOfMemoryError `GPU_OOM` when the copy does not fit in memory
 */
export async function readMapped(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const mapped = Math.ceil(bytes / 4) * 4;
  try {
    await staging.mapAsync(MAP_READ, 0, mapped);
    const copy = staging.getMappedRange(0, mapped).slice(0, bytes);
    staging.unmap();
    return copy;
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new OutOfMemoryError('GPU_OOM', `There is no memory to read ${bytes} bytes back: ${cause.message}`, {
        actual: bytes,
        phase: 'read',
        retryable: true,
        cause,
      });
    throw new InternalError('INTERNAL_READBACK', `The GPU did not hand out ${bytes} bytes: ${textOf(cause)}`, {
      actual: bytes,
      phase: 'read',
      cause,
    });
  }
}

/** Reads the first `bytes` bytes of a buffer that has COPY_SRC usage. @throws as `submitRead` */
export function readBuffer(device: GPUDevice, buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  return submitRead({ device }, bytes, () => buffer);
}

/**
 * Submits what `record` records, and reads the first `bytes` bytes of the buffer it returns, in one submit unless it
 * cuts.
 * @param lent a staging buffer to read through, where one is at hand
 * @throws as `scoped` and `readMapped`; TimeoutError as `submitWithinTime`
 */
export async function submitRead(
  { device }: { readonly device: GPUDevice },
  bytes: number,
  record: Recorder<GPUBuffer>,
  lent?: GPUBuffer,
): Promise<ArrayBuffer> {
  const limited = <T>(work: Promise<T>) => submitWithinTime(device, work, 'what is read back', 'read');
  let staging = lent;
  try {
    // A long run is not given up while its submits get done.
    const watch = () => void limited(device.queue.onSubmittedWorkDone()).catch(() => undefined);
    await scoped(device, { what: 'a readback', bytes, phase: 'read' }, () => {
      const target = (staging ??= createReadback(device, bytes));
      const recordAndCopy: Recorder = (encoder, cut) => {
        let last = encoder;
        const from = record(encoder, () => (last = cut()));
        last.copyBufferToBuffer(from, 0, target, 0, Math.ceil(bytes / 4) * 4);
      };
      submitCut(device, 'depthwise read', recordAndCopy, watch);
    });
    return await limited(readMapped(staging as unknown as GPUBuffer, bytes));
  } finally {
    if (!lent) staging?.destroy();
  }
}
