import { BufferUsage, readMapped, TextureUsage } from '../src/gpu/buffers.js';
import type { TensorType } from '../src/tensor.js';
import { decode } from '../src/weights/format/decode.js';
import type { Stored } from './inputs.js';

/** An rgba8unorm texture of RGBA bytes. */
export function pictureTexture(device: GPUDevice, { type, bytes }: Stored): GPUTexture {
  const [height, width] = type.shape as [number, number];
  const texture = device.createTexture({
    label: 'picture',
    size: [width, height],
    format: 'rgba8unorm',
    usage: TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, bytes, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

/** A texture for a kernel to write, poisoned with 0x7e bytes. */
export function targetTexture(
  device: GPUDevice,
  { shape }: TensorType,
  format: GPUTextureFormat = 'rgba8unorm',
): GPUTexture {
  const [height, width] = shape as [number, number];
  const usage = TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC | TextureUsage.COPY_DST;
  const texture = device.createTexture({ label: 'target', size: [width, height], format, usage });
  const bytesPerRow = width * texelBytes(format);
  device.queue.writeTexture({ texture }, new Uint8Array(bytesPerRow * height).fill(0x7e), { bytesPerRow }, [
    width,
    height,
  ]);
  return texture;
}

/** Values of all channels of a texture, in row order. */
export async function readTexels(device: GPUDevice, texture: GPUTexture): Promise<Float64Array> {
  const { width, height, format } = texture;
  const rowBytes = width * texelBytes(format);
  const bytesPerRow = Math.ceil(rowBytes / 256) * 256;
  const staging = device.createBuffer({
    label: 'texels',
    size: bytesPerRow * height,
    usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
  });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow }, [width, height]);
    device.queue.submit([encoder.finish()]);
    const padded = new Uint8Array(await readMapped(staging, bytesPerRow * height));
    const bytes = new Uint8Array(rowBytes * height);
    for (let y = 0; y < height; y++)
      bytes.set(padded.subarray(y * bytesPerRow, y * bytesPerRow + rowBytes), y * rowBytes);
    if (format === 'rgba8unorm') return Float64Array.from(bytes, (v) => v / 255);
    return Float64Array.from(decode({ name: 'texels', dtype: format.endsWith('16float') ? 'F16' : 'F32' }, bytes));
  } finally {
    staging.destroy();
  }
}

function texelBytes(format: GPUTextureFormat): number {
  const bytes = new Map<GPUTextureFormat, number>([
    ['rgba8unorm', 4],
    ['r16float', 2],
    ['r32float', 4],
    ['depth32float', 4],
    ['rgba16float', 8],
    ['rgba32float', 16],
  ]).get(format);
  if (!bytes) throw new Error(`texel size of ${format} is not known`);
  return bytes;
}
