import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { BufferUsage } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Rendered } from '../../src/views/index.js';
import type { DepthBuffer } from '../../src/views/scene.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');

/** Values f32[height,width] as a depth map of the suite's device. */
export function depthBuffer(
  { device }: Gpu,
  values: Float32Array<ArrayBuffer>,
  width: number,
  kind: DepthBuffer['kind'],
): DepthBuffer & { destroy(): void } {
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, values);
  return { device, buffer, width, height: values.length / width, kind, destroy: () => buffer.destroy() };
}

/** Seeded RGBA bytes. */
export function noise(width: number, height: number, seed = 1): Rendered {
  let state = seed;
  const data = Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return i % 4 === 3 ? 255 : state >>> 24;
  });
  return { data, width, height };
}

/** The pixels of a PNG file, by a reader of others. */
export async function pixels(path: string): Promise<Rendered> {
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/** The colour of a pixel. */
export const colour = ({ data, width }: Rendered, x: number, y: number): number[] =>
  Array.from({ length: 3 }, (_, c) => data[4 * (y * width + x) + c]!);

const LEFT = [0.4561, 0.500484, 0.176381, -0.0400822, -0.0378246, -0.0157589, -0.0152161, -0.0205971, -0.00546856];
const RIGHT = [-0.0434706, -0.0879388, -0.00155529, 0.378476, 0.73364, -0.0184503, -0.0721527, -0.112961, 1.2264];

/** What red-cyan glasses take of the colours of two eyes, by the matrices of Dubois. */
export function dubois(left: readonly number[], right: readonly number[]): number[] {
  const rows = [0, 1, 2].map((row) =>
    [0, 1, 2].reduce((sum, c) => sum + LEFT[3 * row + c]! * left[c]! + RIGHT[3 * row + c]! * right[c]!, 0),
  );
  return rows.map((value) => Math.min(Math.max(value, 0), 255));
}

/** A rendered scene from two cameras, with its exact depth from the first. */
export interface TwoViews {
  readonly first: Rendered;
  readonly second: Rendered;
  /** In metres, infinite for sky. */
  readonly depth: Float32Array<ArrayBuffer>;
  /** In pixels. */
  readonly focalLength: number;
  /** How far the second camera is from the first, in metres. */
  readonly right: number;
  readonly up: number;
}

/** Reads what tools/nano/second_view.py has written. */
export async function twoViews(name: 'room' | 'street'): Promise<TwoViews> {
  const [first, second] = await Promise.all([
    pixels(join(FIXTURES, `nano/${name}.png`)),
    pixels(join(FIXTURES, `views/${name}_second.png`)),
  ]);
  const facts = JSON.parse(await readFile(join(FIXTURES, 'views/second_views.json'), 'utf8')) as Record<
    string,
    { focalLength: number; nearestInverse: number; right: number; up: number }
  >;
  const { nearestInverse, ...rest } = facts[name]!;
  const codes = await sharp(join(FIXTURES, `nano/${name}_depth.png`))
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer();
  const depth = Float32Array.from(
    new Uint16Array(new Uint8Array(codes).buffer),
    (code) => 65535 / (code * nearestInverse),
  );
  return { first, second, depth, ...rest };
}
