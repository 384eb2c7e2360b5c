import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../src/index.js';
import type { DepthModel } from '../../src/runtime/depth_model.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm, difference, ffmpeg, film, framesOf, probe, timesOf, type Frame } from '../e2e/clips.js';
import { textOf } from '../e2e/demo_page.js';
import { BT709, chooseVideo, makeVideo, stereoPairs } from '../e2e/demo_video.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { testGpu } from '../gpu.js';

/** Videos of every kind through the page, with nano at its smallest; what it saves is read by ffprobe and ffmpeg. */
let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;
/** The same in Node. */
let model: DepthModel;

beforeAll(async () => {
  if (!canFilm) return;
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(new ServedFiles())]);
  await mkdir(chromium.downloads, { recursive: true });
  ({ page, watch } = await openPage(chromium.browser));
  await page.goto(`${served.url}?size=32&colormap=gray`);
  const { device } = await testGpu();
  model = await loadDepthModel(await readFile(join(ROOT, 'models/nano.safetensors')), { device });
});
afterAll(async () => {
  model?.dispose();
  await chromium?.close();
  await served?.close();
});

const at = (name: string) => join(chromium.downloads, name);
const status = () => textOf(page, '#status');
/** Until the first map is there: before, what is on the page moves, and a click may miss. */
const settled = (of: Page) =>
  of.waitForFunction(() => document.querySelector('#fact-time')?.textContent?.endsWith(' fps'));
const make = async (name: string) => {
  await chooseVideo(page, at(name));
  await settled(page);
  return makeVideo(page, chromium.downloads);
};
/** Does something with a choice of the row made, and takes it back. */
const withChoice = async <T>(list: 'layout' | 'codec', value: string, act: () => Promise<T>): Promise<T> => {
  const [before] = [await page.$eval(`#depth-video-${list}`, (select) => (select as HTMLSelectElement).value)];
  await page.select(`#depth-video-${list}`, value);
  return act().finally(() => page.select(`#depth-video-${list}`, before));
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
    const made = await withChoice('layout', 'side', () => makeVideo(page, chromium.downloads));
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

  it.each([
    ['avc', 'h264', '.mp4'],
    ['vp9', 'vp9', '.webm'],
    ['av1', 'av1', '.webm'],
  ])('is made in %s', async (choice, codec, ending) => {
    film({ sound: true }, '-c:a', choice === 'avc' ? 'aac' : 'libopus', at(`codec-${choice}.mkv`));
    await chooseVideo(page, at(`codec-${choice}.mkv`));
    const made = await withChoice('codec', choice, () => makeVideo(page, chromium.downloads));
    expect(await status()).toBe(`Saved codec-${choice}-nano${ending}: 5 frames.`);
    expect(made.endsWith(ending)).toBe(true);
    expect(probe(made, 'stream=codec_name,width,height', '-select_streams', 'v')).toEqual([`${codec},64,48`]);
    expectTimes(times(made), times(at(`codec-${choice}.mkv`)));
    expect(framesOf(made, 64, 48)).toHaveLength(5);
  });

  it.each([
    [['avc1', 'avc3'], 'vp9', 'VP9'],
    [['avc1', 'avc3', 'vp09'], 'av1', 'AV1'],
    [['avc1', 'avc3', 'vp09', 'av01'], 'vp8', 'VP8'],
  ])('is made in what the browser encodes, and it is said, where %j is missing', async (missing, codec, name) => {
    const other = await openPage(chromium.browser);
    await other.page.evaluateOnNewDocument((denied) => {
      const ask = VideoEncoder.isConfigSupported.bind(VideoEncoder);
      VideoEncoder.isConfigSupported = async (config) =>
        denied.some((each) => config.codec.startsWith(each)) ? { supported: false, config } : ask(config);
    }, missing);
    await other.page.goto(`${served.url}?size=32&colormap=gray`);
    film({}, at(`other-${codec}.mp4`));
    await chooseVideo(other.page, at(`other-${codec}.mp4`));
    await settled(other.page);
    const made = await makeVideo(other.page, chromium.downloads);
    expect(await textOf(other.page, '#status')).toBe(
      `Saved other-${codec}-nano.webm: 5 frames. This browser encodes no H.264 of its size, so it is in ${name}.`,
    );
    expect(probe(made, 'stream=codec_name', '-select_streams', 'v')).toEqual([codec]);
    expect(framesOf(made, 64, 48)).toHaveLength(5);
    await other.page.close();
    await page.bringToFront();
  });

  it.each(['sbs', 'half-sbs', 'tb', 'anaglyph'] as const)(
    'shows stereo pairs, as the library draws them: %s',
    async (layout) => {
      film({ size: '320x240', seconds: 0.2, format: 'gray' }, ...BT709, '-pix_fmt', 'yuv420p', at(`${layout}.mp4`));
      await chooseVideo(page, at(`${layout}.mp4`));
      const made = await withChoice('layout', layout, () => makeVideo(page, chromium.downloads));
      const [width, height] = { sbs: [640, 240], 'half-sbs': [320, 240], tb: [320, 480], anaglyph: [320, 240] }[
        layout
      ] as [number, number];
      expect(probe(made, 'stream=width,height')).toEqual([`${width},${height}`]);
      const [frames, drawn] = [framesOf(at(`${layout}.mp4`), 320, 240), framesOf(made, width, height)];
      expect(drawn).toHaveLength(frames.length);
      const pairs = await stereoPairs(model, frames, 32, layout);
      const flat = await stereoPairs(model, frames, 32, layout, { parallax: 0 });
      // Of 255; what encoding costs, and a pixel here and there.
      drawn.forEach((frame, i) => {
        const apart = difference(frame, pairs[i]!);
        expect(apart, `frame ${i}`).toBeLessThan(8);
        expect(apart, `frame ${i} against one that is flat`).toBeLessThan(0.7 * difference(frame, flat[i]!));
      });
    },
  );

  it('that is cancelled is not saved, and goes on from there, in another page too', async () => {
    film({ seconds: 16, rate: '25', size: '48x32' }, at('long.mp4'));
    const label = () => textOf(page, '#depth-video');
    const cancelAt = async (frame: number) => {
      await page.click('#depth-video');
      await page.waitForFunction(
        (least) => {
          const text = document.querySelector('#progress-text')?.textContent ?? '';
          return Number(/^Depth video: frame (\d+) of 400$/.exec(text)?.[1]) >= least;
        },
        {},
        frame,
      );
      expect(await label()).toBe('Cancel the video');
      expect(await page.$eval('#progress', (bar) => (bar as HTMLProgressElement).position)).toBeGreaterThan(0);
      await page.click('#depth-video');
      await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Cancelled after'));
      expect(await label()).toBe('Depth video');
      expect(await page.$eval('#progress-row', (row) => row.checkVisibility())).toBe(false);
      return Number(/^Cancelled after frame (\d+)\. Depth video goes on from there\.$/.exec(await status())?.[1]);
    };
    const goesOn = (frame: number) =>
      page.waitForFunction(
        (text) => document.querySelector('#status')?.textContent === text,
        {},
        `Going on after frame ${frame}, which was done before.`,
      );
    await chooseVideo(page, at('long.mp4'));
    await page.click('#steady');
    const first = await cancelAt(5);
    expect(first).toBeGreaterThanOrEqual(5);
    expect(first).toBeLessThan(120);
    // Another part, which is whole, and one that is not.
    await page.reload();
    await chooseVideo(page, at('long.mp4'));
    await settled(page);
    await page.click('#steady');
    const going = goesOn(first);
    const second = await cancelAt(first + 130);
    await going;
    expect(second).toBeGreaterThan(first + 120);
    await page.reload();
    await chooseVideo(page, at('long.mp4'));
    await settled(page);
    await page.click('#steady');
    const last = goesOn(second);
    const made = await makeVideo(page, chromium.downloads);
    await last;
    expect(await status()).toBe('Saved long-nano.mp4: 400 frames.');
    expectTimes(times(made), times(at('long.mp4')));
    const parts = framesOf(made, 48, 32);
    // Nothing is left of it, and all of it at once has the same values.
    const whole = framesOf(await makeVideo(page, chromium.downloads), 48, 32);
    await page.click('#steady');
    expect(whole).toHaveLength(400);
    const apart = parts.map((frame, i) => difference(frame, whole[i]!));
    expect(Math.max(...apart)).toBeLessThan(3);
    for (const [name, other] of [
      ['key frames', difference(parts[first]!, whole[first]!)],
      ['the next', difference(parts[second]!, whole[second]!)],
    ] as const)
      expect(other, name).toBeLessThan(3);
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
