import { readMapped, BufferUsage } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { scoped } from '../gpu/scoped.js';

/** Rows of a copy begin at multiples of this. */
const ALIGNMENT = 256;

/** The texels of a texture, row after row without gaps. @throws OutOfMemoryError, InternalError, TimeoutError */
export async function readTexture({ device }: Gpu, texture: GPUTexture, texelBytes: number): Promise<ArrayBuffer> {
  const { width, height } = texture;
  const row = width * texelBytes;
  const bytesPerRow = Math.ceil(row / ALIGNMENT) * ALIGNMENT;
  const bytes = bytesPerRow * height;
  let staging: GPUBuffer | undefined;
  try {
    await scoped(device, { what: 'a readback', bytes, phase: 'read' }, () => {
      staging = device.createBuffer({ size: bytes, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
      device.queue.submit([encoder.finish()]);
    });
    const padded = new Uint8Array(await readMapped(staging!, bytes));
    const result = new Uint8Array(row * height);
    for (let y = 0; y < height; y++) result.set(padded.subarray(y * bytesPerRow, y * bytesPerRow + row), y * row);
    return result.buffer;
  } finally {
    staging?.destroy();
  }
}
