import type { Page } from 'puppeteer';
import sharp from 'sharp';
import type { Rendered } from '../../src/views/rendering.js';
import type { Frame } from './clips.js';
import { textOf } from './demo_page.js';

/** The frame of the scene on show, whole, as the page holds it on a software adapter. */
export async function frameOn(page: Page): Promise<Frame> {
  await page.waitForSelector('#map-frame.drawn');
  const { width, height, bytes } = await page.$eval('#scene-pixels', (element) => {
    const canvas = element as HTMLCanvasElement;
    if (canvas.hidden) throw new Error('The scene is not shown.');
    const { width, height } = canvas;
    // Read from a copy: the browser warns of a canvas that is read often.
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    return { width, height, bytes: Array.from(data) };
  });
  return { width, height, data: Uint8Array.from(bytes) };
}

/** Waits until the frame on show stays as it is and is not the one before; gives it. */
export async function nextFrame(page: Page, before?: Frame): Promise<Frame> {
  let last: Frame | undefined;
  for (let tries = 0; tries < 200; tries++) {
    const error = await textOf(page, '#error');
    if (error) throw new Error(error);
    const now = await frameOn(page).catch(() => undefined);
    if (now && last && apart(now, last) === 0 && !(before && apart(now, before) === 0)) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error('The frame stays as it was, or never comes to rest.');
}

/** Mean difference of colours, of 255, where alpha counts as a colour; infinite where sizes differ. */
export function apart(a: Frame | Rendered, b: Frame | Rendered): number {
  if (a.width !== b.width || a.height !== b.height) return Infinity;
  // What is not there has no colour: a canvas forgets it.
  const at = ({ data }: Frame | Rendered, i: number) => (data[i | 3] === 0 ? 0 : data[i]!);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs(at(a, i) - at(b, i));
  return sum / a.data.length;
}

/** A picture that the page's own is made small to, as a PNG without loss and as its pixels. */
export async function smallPicture(
  path: string,
  width: number,
  height: number,
): Promise<{ png: Buffer; pixels: Frame }> {
  const png = await sharp(path).resize(width, height, { fit: 'fill' }).png().toBuffer();
  const data = await sharp(png).ensureAlpha().raw().toBuffer();
  return { png, pixels: { data: new Uint8Array(data), width, height } };
}
