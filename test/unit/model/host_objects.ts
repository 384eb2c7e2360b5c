import { TextureUsage } from '../../../src/gpu/buffers.js';
import { picture } from './pictures.js';

/** The colours of a picture of a seed as a texture of a host. */
export function sourceTexture(
  device: GPUDevice,
  name: string,
  format: 'rgba8unorm' | 'rgba8unorm-srgb' = 'rgba8unorm',
): GPUTexture {
  const { data, width, height } = picture(name);
  const rgba = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) rgba.set([...data.subarray(3 * i, 3 * i + 3), 255], 4 * i);
  const texture = device.createTexture({
    label: 'source',
    size: [width, height],
    format,
    usage: TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, rgba, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}
