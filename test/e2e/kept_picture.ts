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
 * Mean difference of the bytes of a picture and the kept one, that may be. SwiftShader and llvmpipe are off by less
 * than 0.2; what is mirrored, blank or of another view by more than four times as much as this.
 */
export const ALIKE = 1;

/** RGB bytes of a picture at the width of those that are kept. */
async function reduced(picture: Uint8Array | string): Promise<{ data: Buffer; info: OutputInfo }> {
  return sharp(picture).removeAlpha().resize({ width: WIDTH }).raw().toBuffer({ resolveWithObject: true });
}

export function difference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

/** The kept picture of an example. @throws Error where there is none */
export function kept(name: string): Sharp {
  return sharp(join(KEPT, `${name}.png`)).removeAlpha();
}

/** How far a picture is from the kept one of an example: the mean difference of bytes. */
export async function fromKept(name: string, picture: Uint8Array): Promise<number> {
  const { data, info } = await reduced(picture);
  await mkdir(SEEN, { recursive: true });
  const raw = { width: info.width, height: info.height, channels: 3 } as const;
  await writeFile(join(SEEN, `${name}.png`), await sharp(data, { raw }).png().toBuffer());
  return difference(data, await kept(name).raw().toBuffer());
}
