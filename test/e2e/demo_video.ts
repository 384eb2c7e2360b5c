import type { Page } from 'puppeteer';
import { expect } from 'vitest';
import type { DepthModel } from '../../src/runtime/depth_model.js';
import { createScene, createStereo, type StereoDepth, type StereoLayout } from '../../src/views/index.js';
import type { Frame } from './clips.js';
import { textOf } from './demo_page.js';
import { nextDownload } from './downloads.js';

/** Options of ffmpeg for colours that every reader takes the same way. */
export const BT709 = [
  ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-colorspace', 'bt709', '-color_primaries', 'bt709'],
  ...['-color_trc', 'bt709', '-color_range', 'tv'],
];

/** Chooses a video file, and waits until its controls are there. */
export async function chooseVideo(page: Page, path: string): Promise<void> {
  const input = await (await page.$('#picture-file'))!.toElement('input');
  await input.uploadFile(path);
  await page.waitForFunction(
    (name) =>
      document.querySelector('#picture-caption')?.textContent?.startsWith(`${name} ·`) &&
      document.querySelector('#depth-video')?.checkVisibility(),
    {},
    path.split('/').pop(),
  );
}

/** The file that the page makes of the video on show. */
export async function makeVideo(
  page: Page,
  downloads: string,
  start = () => page.click('#depth-video'),
): Promise<string> {
  await page.$eval('#error', (error) => (error.textContent = ''));
  const refused = page
    .waitForFunction(() => document.querySelector('#error')?.textContent, { timeout: 0 })
    .then(async () => Promise.reject(new Error(await textOf(page, '#error'))));
  refused.catch(() => undefined);
  const file = await Promise.race([nextDownload(page, downloads, start), refused]);
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Saved '));
  return file;
}

/** Depth of frames, each by itself, and the range of them all. */
export async function depthOf(
  model: DepthModel,
  frames: readonly Frame[],
  inputSize: number,
): Promise<{ readonly maps: Float32Array[]; readonly range: { readonly min: number; readonly max: number } }> {
  const maps: Float32Array[] = [];
  for (const frame of frames) {
    using depth = await model.estimate(frame, { inputSize });
    maps.push(await depth.read());
  }
  expect(maps.length).toBeGreaterThan(0);
  const values = maps.flatMap((map) => [...map]);
  return { maps, range: { min: Math.min(...values), max: Math.max(...values) } };
}

/** Stereo pairs of frames, each of a scene by itself, of the range of values that all have in common. */
export async function stereoPairs(
  model: DepthModel,
  frames: readonly Frame[],
  inputSize: number,
  layout: StereoLayout,
  depths: StereoDepth = {},
): Promise<Frame[]> {
  const pairs: Frame[] = [];
  let [low, high] = [Infinity, -Infinity];
  for (const frame of frames) {
    using depth = await model.estimate(frame, { inputSize });
    const range = await depth.range();
    [low, high] = [Math.min(low, range.low), Math.max(high, range.high)];
  }
  for (const frame of frames) {
    using depth = await model.estimate(frame, { inputSize });
    using scene = await createScene(depth, frame, { range: [low, high] });
    using pair = await createStereo(scene, { layout });
    pairs.push(await pair.read(depths));
  }
  return pairs;
}
