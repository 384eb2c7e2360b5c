import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm, difference, ffmpeg, film, framesOf, probe, timesOf, type Frame } from '../e2e/clips.js';
import { textOf } from '../e2e/demo_page.js';
import { BT709, chooseVideo, makeVideo } from '../e2e/demo_video.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';

/** Videos of every kind through the page, with nano at its smallest; what it saves is read by ffprobe and ffmpeg. */
let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  if (!canFilm) return;
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(new ServedFiles())]);
  await mkdir(chromium.downloads, { recursive: true });
  ({ page, watch } = await openPage(chromium.browser));
  await page.goto(`${served.url}?size=32&colormap=gray`);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

const at = (name: string) => join(chromium.downloads, name);
const status = () => textOf(page, '#status');
const make = async (name: string) => {
  await chooseVideo(page, at(name));
  return makeVideo(page, chromium.downloads);
};
const times = (path: string) => timesOf(path).map(Number);
/** Containers count in steps of their own: 1/57600 s, or 1 ms. */
const expectTimes = (found: readonly number[], wanted: readonly number[], apart = 1e-3) => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((time, i) => expect(Math.abs(time - wanted[i]!)).toBeLessThanOrEqual(apart));
};
/** Packets of sound: when each is heard, and its digest. */
const sounds = (path: string) => {
  const packets = probe(path, 'packet=pts_time,data_hash', '-select_streams', 'a', '-show_data_hash', 'MD5');
  // A packet with side data takes two lines.
  const digests = packets.flatMap((packet) => /MD5:\w+/.exec(packet) ?? []);
  return { digests, times: packets.map(Number.parseFloat).filter(Number.isFinite) };
};

/** Frames of a hundred a second that are kept. */
const KEPT = [0, 7, 11, 43, 44, 90];
const uneven = `select=${KEPT.map((n) => `eq(n\\,${n})`).join('+')}`;

describe.skipIf(!canFilm)('a video file in the page', () => {
  it('keeps times of a variable rate, and shows the last row and column of odd sides twice', async () => {
    const odd = { size: '63x47', rate: '100', seconds: 1, format: 'gbrp' };
    film(odd, '-pix_fmt', 'yuv444p', '-vf', uneven, '-fps_mode', 'passthrough', at('odd.mp4'));
    const made = await make('odd.mp4');
    expect(await status()).toBe(`Saved ${made.split('/').pop()}: 6 frames.`);
    expectTimes(
      times(made),
      KEPT.map((n) => n / 100),
    );
    expect(probe(made, 'stream=width,height')).toEqual(['64,48']);
    const [first] = framesOf(made, 64, 48) as [Frame];
    const column = (x: number) => Array.from({ length: 47 }, (_, y) => first.data[4 * (64 * y + x)]!);
    const apart = column(62).reduce((sum, level, y) => sum + Math.abs(level - column(63)[y]!), 0) / 47;
    expect(apart).toBeLessThan(8);
  });

  it.each([
    ['opus', 'sound.webm', ['-c:a', 'libopus']],
    ['aac', 'aac.mkv', ['-c:a', 'aac']],
    ['pcm_s16le', 'pcm.mkv', ['-c:a', 'pcm_s16le']],
  ])('has its sound in %s as it was, and is not called cut short', async (codec, name, args) => {
    film({ sound: true, rate: '25', seconds: 1 }, ...args, at(name));
    const made = await make(name);
    expect(await status()).toBe(`Saved ${made.split('/').pop()}: 25 frames.`);
    expect(probe(made, 'stream=codec_name', '-select_streams', 'a')).toEqual([codec]);
    const wanted = sounds(at(name));
    const copied = sounds(made);
    expect(copied.digests).toEqual(wanted.digests);
    // Opus begins with 6.5 ms to be skipped, which are part of the time in MP4 and not in WebM.
    expectTimes(copied.times, wanted.times, codec === 'opus' ? 7.5e-3 : 1e-3);
    expect(wanted.times.length).toBeGreaterThan(5);
    expectTimes(times(made), times(at(name)));
  });

  it('is upright where a flag turns it, and 10-bit ones are read', async () => {
    film({}, '-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv420p10le', ...BT709, at('ten.mp4'));
    ffmpeg('-i', at('ten.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90', at('turned.mp4'));
    await chooseVideo(page, at('turned.mp4'));
    await page.click('#depth-video-side');
    const made = await makeVideo(page, chromium.downloads);
    await page.click('#depth-video-side');
    expect(probe(made, 'stream=width,height')).toEqual(['96,64']);
    const [upright, beside] = [framesOf(at('turned.mp4'), 48, 64), framesOf(made, 96, 64)];
    expect(beside).toHaveLength(5);
    expect(difference(beside[4]!, upright[4]!)).toBeLessThan(12);
    expect(difference(beside[4]!, upright[4]!, 48)).toBeGreaterThan(40);
  });

  it.each([
    ['mp4', ['-movflags', '+faststart', '-bf', '0', '-c:a', 'aac']],
    ['webm', ['-cluster_time_limit', '300', '-g', '5', '-c:a', 'libopus']],
  ])('cut short in %s is made as far as it can be read, and it is said', async (ending, args) => {
    film({ sound: true, seconds: 3 }, ...args, at(`whole.${ending}`));
    const bytes = await readFile(at(`whole.${ending}`));
    await writeFile(at(`cut.${ending}`), bytes.subarray(0, bytes.length * 0.6));
    const made = await make(`cut.${ending}`);
    const found = times(made);
    expect(await status()).toBe(
      `Saved ${made.split('/').pop()}: ${found.length} frames. cut.${ending} is damaged or cut short ` +
        '(the file ends too early): the rest is missing.',
    );
    expect(found.length).toBeGreaterThan(5);
    expect(found.length).toBeLessThan(28);
    expectTimes(times(made), times(at(`whole.${ending}`)).slice(0, found.length));
  });

  it('that is cancelled is not saved, and can be made again', async () => {
    film({ seconds: 6, rate: '25' }, at('long.mp4'));
    await chooseVideo(page, at('long.mp4'));
    await page.click('#depth-video');
    await page.waitForFunction(() =>
      /^Depth video: frame \d+ of 150$/.test(document.querySelector('#progress-text')?.textContent ?? ''),
    );
    const label = () => textOf(page, '#depth-video');
    expect(await label()).toBe('Cancel the video');
    expect(await page.$eval('#progress', (bar) => (bar as HTMLProgressElement).position)).toBeGreaterThan(0);
    await page.click('#depth-video');
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Cancelled.');
    expect(await label()).toBe('Depth video');
    expect(await page.$eval('#progress-row', (row) => row.checkVisibility())).toBe(false);
    const made = await makeVideo(page, chromium.downloads);
    expect(timesOf(made)).toHaveLength(150);
  });

  it('holds still where asked for, in the file and as it plays', async () => {
    // The same picture with other noise in every frame.
    const noisy = 'noise=alls=60:allf=t';
    ffmpeg('-f', 'lavfi', '-i', `testsrc=size=64x48:rate=10:duration=0.1,loop=20:1,${noisy}`, at('noisy.mp4'));
    const moved = async () => {
      const frames = framesOf(await makeVideo(page, chromium.downloads), 64, 48);
      expect(frames.length).toBeGreaterThan(10);
      const steps = frames.slice(1).map((frame, i) => difference(frame, frames[i]!));
      return steps.reduce((sum, step) => sum + step) / steps.length;
    };
    await chooseVideo(page, at('noisy.mp4'));
    const raw = await moved();
    await page.click('#steady');
    const steady = await moved();
    expect(steady).toBeLessThan(raw / 2);
    await page.click('#estimate');
    await page.waitForFunction(() => /^(?!0\.0)\d/.test(document.querySelector('#fact-time')?.textContent ?? ''));
    expect(await textOf(page, '#error')).toBe('');
  });

  it('is left alone by everything else: other origins, and the console', () => {
    expect(watch.complaints).toEqual([]);
    expect([...watch.origins]).toEqual([new URL(served.url).origin]);
  });
});
