import { createHash } from 'node:crypto';
import type { DepthModel, EstimateOptions } from '../../../src/index.js';
import type { RawPicture } from '../../../src/image/pixels.js';
import { seededPicture } from '../../../truth/seeded_weights.js';

/** The network size most tests run at. */
export const SMALL = { inputSize: 64 } as const satisfies EstimateOptions;

/** An RGB picture of seeded noise. */
export function picture(name: string, width = 64, height = 48): RawPicture & { data: Uint8Array } {
  return { data: seededPicture(name, height, width), width, height, channels: 3 };
}

/** The values of one estimate, its map disposed of. */
export async function depthOf(
  model: DepthModel,
  source: RawPicture,
  options: EstimateOptions = SMALL,
): Promise<Float32Array> {
  const map = await model.estimate(source, options);
  try {
    return await map.read();
  } finally {
    map.dispose();
  }
}

/** SHA-256 of the values of one estimate. */
export async function bitsOf(model: DepthModel, source: RawPicture, options: EstimateOptions = SMALL): Promise<string> {
  return bits(await depthOf(model, source, options));
}

/** SHA-256 of values: what is equal here is equal bit for bit, and a difference is told in one line. */
export function bits(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

/** What a promise rejects with. */
export async function rejection(
  work: Promise<unknown>,
): Promise<Error & { readonly code?: string; readonly retryable?: boolean; readonly hint?: string }> {
  return work.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: Error) => error,
  );
}

/** A picture of one grey. */
export function grey(value: number): RawPicture & { data: Uint8Array } {
  return { ...picture('a'), data: new Uint8Array(3 * 64 * 48).fill(value) };
}

/** The first byte of each picture that a queue is given from now on, in order. */
export function firstBytes(queue: GPUQueue): { readonly seen: number[]; stop(): void } {
  const seen: number[] = [];
  const write = queue.writeTexture.bind(queue);
  queue.writeTexture = (...args: Parameters<GPUQueue['writeTexture']>) => {
    seen.push((args[1] as Uint8Array)[0] as number);
    return write(...args);
  };
  return { seen, stop: () => void (queue.writeTexture = write) };
}
