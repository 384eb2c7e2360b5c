import { checkChoice } from '../arguments/check_options.js';
import { TextureUsage } from '../gpu/buffers.js';
import { scoped, type Purpose } from '../gpu/scoped.js';
import type { Gpu } from '../gpu/gpu.js';
import type { DepthKind } from '../models/family.js';
import type { DepthTextureFormat } from './depth_map.js';
import type { DrawingBuilder } from './drawing_cache.js';

export const TEXTURE_FORMATS: readonly DepthTextureFormat[] = ['r32float', 'rgba16float', 'rgba32float'];
const USAGE = TextureUsage.TEXTURE_BINDING | TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC;

/** Runs a drawing of a map whose texture outputs are all one texture. */
export type DrawTexture = (key: string, build: DrawingBuilder, made: GPUTexture, purpose: Purpose) => Promise<unknown>;

/** What is needed of a map. */
interface MapToWrite {
  readonly gpu: Gpu;
  readonly width: number;
  readonly height: number;
  readonly nearer: DepthKind['nearer'];
}

/** See `DepthMap.texture`. @throws UsageError `OPTION_TEXTURE_FORMAT` */
export async function writeTexture(
  { gpu, width, height, nearer }: MapToWrite,
  format: DepthTextureFormat,
  draw: DrawTexture,
): Promise<GPUTexture> {
  checkChoice('textureFormat', format, TEXTURE_FORMATS, 'run');
  const { device } = gpu;
  const purpose = { what: 'the depth texture', phase: 'run' } as const;
  const descriptor = { label: 'depth', size: [width, height], format, usage: USAGE };
  let texture: GPUTexture | undefined;
  try {
    const made = await scoped(device, purpose, () => (texture = device.createTexture(descriptor)));
    const build: DrawingBuilder = (graph, depth, { depthRange, packDepth, rawDepth }) =>
      format === 'r32float'
        ? rawDepth(graph, depth)
        : packDepth(graph, depth, depthRange(graph, depth), { span: 'full', nearer, format });
    await draw(`texture ${format} ${nearer}`, build, made, purpose);
    return made;
  } catch (error) {
    texture?.destroy();
    throw error;
  }
}
