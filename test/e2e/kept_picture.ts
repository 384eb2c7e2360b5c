import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type OutputInfo, type Sharp } from 'sharp';
import { ROOT } from './chromium.js';

/** Pictures that examples showed when a person looked at them, at this width. */
const KEPT = join(ROOT, 'test/fixtures/examples');
const WIDTH = 96;
/** Where those of this run go; one that was looked at is kept by copying it. */
const SEEN = join(ROOT, 'test/output/examples');

/**
 * Root mean square difference of bytes from the kept picture, that may be. What is blank, mirrored or of another view
 * is off by more than four times as much.
 */
export const ALIKE = 2;

/** RGB bytes of a picture at the width of those that are kept. */
async function reduced(picture: Uint8Array | string): Promise<{ data: Buffer; info: OutputInfo }> {
  return sharp(picture).removeAlpha().resize({ width: WIDTH }).raw().toBuffer({ resolveWithObject: true });
}

/** Root mean square difference of the bytes of two pictures; infinite where their sizes differ. */
export function difference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Infinity;
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0) / a.length);
}

/** A kept picture. @throws Error where there is none */
export function kept(name: string): Sharp {
  return sharp(join(KEPT, `${name}.png`)).removeAlpha();
}

/**
 * How far a picture is from a kept one.
 * @param seen name that it is written down under
 */
export async function fromKept(name: string, picture: Uint8Array, seen = name): Promise<number> {
  const { data, info } = await reduced(picture);
  await mkdir(SEEN, { recursive: true });
  const raw = { width: info.width, height: info.height, channels: 3 } as const;
  await writeFile(join(SEEN, `${seen}.png`), await sharp(data, { raw }).png().toBuffer());
  return difference(data, await kept(name).raw().toBuffer());
}
