import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthMap } from '../../src/depth/depth_map.js';
import { loadDepthModel } from '../../src/index.js';
import type { DepthModel } from '../../src/runtime/depth_model.js';
import {
  createFocus,
  createScene,
  createStereo,
  createView,
  distanceAt,
  type Camera,
  type SceneOptions,
  type StereoLayout,
} from '../../src/views/index.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm, ffmpeg, type Frame } from '../e2e/clips.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { chooseVideo } from '../e2e/demo_video.js';
import { nextDownload } from '../e2e/downloads.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { apart, frameOn, nextFrame, smallPicture } from '../e2e/view_frames.js';
import { testGpu } from '../gpu.js';

/** Controls of the views, each against what the library draws of the same map with the same settings. */
const [WIDTH, HEIGHT] = [96, 72];
const INPUT_SIZE = 96;
/** Of 255: two rasterizers, and maps that differ by 1e-4 of their range. */
const SAME = 2;

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;
let model: DepthModel;
let map: DepthMap;
let pixels: Frame;

beforeAll(async () => {
  const picture = await smallPicture(join(ROOT, 'demo/public/sample.jpg'), WIDTH, HEIGHT);
  ({ pixels } = picture);
  [chromium, served] = await Promise.all([
    startChromium(),
    serveBuilt(new ServedFiles().add('/picture.png', picture.png)),
  ]);
  await mkdir(chromium.downloads, { recursive: true });
  ({ page, watch } = await openPage(chromium.browser));
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  const { device } = await testGpu();
  model = await loadDepthModel(await readFile(join(ROOT, 'models/nano.safetensors')), { device });
  map = await model.estimate(pixels, { inputSize: INPUT_SIZE });
  await page.goto(`${served.url}?image=/picture.png&size=${INPUT_SIZE}`);
  await waitForMap(page, WIDTH, HEIGHT);
});
afterAll(async () => {
  map?.dispose();
  model?.dispose();
  await chromium?.close();
  await served?.close();
});

const USUAL: SceneOptions = { far: 8 };
const seen = async (camera: Camera, options = USUAL) => {
  using scene = await createScene(map, pixels, options);
  using view = await createView(scene, { fill: false });
  return view.read(camera);
};
const pair = async (layout: StereoLayout, parallax: number) => {
  using scene = await createScene(map, pixels, USUAL);
  using view = await createStereo(scene, { layout });
  return view.read({ parallax });
};
const focused = async (u: number, v: number, blur: number) => {
  using scene = await createScene(map, pixels, USUAL);
  using view = await createFocus(scene);
  return view.read({ distance: await distanceAt(scene, u, v), blur });
};

const box = async () => {
  // Keys that set a dial have scrolled to it.
  await page.evaluate(() => scrollTo(0, 0));
  return (await (await page.$('#map-frame'))!.boundingBox())!;
};
const at = async (u: number, v: number) => {
  const { x, y, width, height } = await box();
  return [x + u * width, y + v * height] as const;
};
/** What the address says is set. */
const setting = async (name: string) => {
  await new Promise((resolve) => setTimeout(resolve, 800));
  return new URLSearchParams((await page.evaluate(() => location.hash)).slice(1)).get(name);
};
const choose = async (view: string) => {
  await page.click(`[for=view-${view}]`);
  await page.waitForFunction((of) => document.querySelector('#panes')?.getAttribute('data-view') === of, {}, view);
};
const sized = (width: number, height: number) =>
  page.waitForFunction(
    (...wanted) => {
      const canvas = document.querySelector('#scene-pixels') as HTMLCanvasElement;
      return canvas.width === wanted[0] && canvas.height === wanted[1];
    },
    {},
    width,
    height,
  );
/** Sets a dial as a person does with the keyboard: by as many steps as it takes. */
const press = async (selector: string, ...keys: ('ArrowRight' | 'ArrowLeft' | 'Home' | 'End')[]) => {
  await page.focus(selector);
  for (const key of keys) await page.keyboard.press(key);
};
const screenshot = (name: string) => page.screenshot({ path: join(ROOT, `test/output/views-${name}.png`) });

describe('the line between picture and map', () => {
  /** What is seen in the frame, a column of pixels at a time, without the line, its handle and the read-out. */
  const columns = async () => {
    await page.mouse.move(2, 2);
    await page.$eval('#map-frame .marker', (marker) => ((marker as HTMLElement).hidden = true));
    const { x, y, width, height } = await box();
    const clip = { x: Math.ceil(x), y: Math.ceil(y), width: Math.floor(width) - 2, height: Math.floor(height) - 2 };
    const { data, info } = await sharp(await page.screenshot({ clip }))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, ...info };
  };
  type Shot = Awaited<ReturnType<typeof columns>>;
  let whole: { picture: Shot; map: Shot };
  const farthest = (a: Shot, b: Shot, from: number, to: number) => {
    let most = 0;
    for (let y = 0; y < a.height; y++)
      for (let x = Math.ceil(from * a.width); x < Math.floor(to * a.width); x++)
        for (let c = 0; c < 3; c++) {
          const i = 3 * (y * a.width + x) + c;
          most = Math.max(most, Math.abs(a.data[i]! - b.data[i]!));
        }
    return most;
  };
  /** Half of the handle, as part of the width. */
  const handle = () => 24 / whole.map.width;
  const expectSplit = async (split: number) => {
    const now = await columns();
    expect(farthest(now, whole.picture, handle(), split - handle()), `picture left of ${split}`).toBeLessThanOrEqual(2);
    expect(farthest(now, whole.map, split + handle(), 1 - handle()), `map right of ${split}`).toBeLessThanOrEqual(2);
  };

  it('is dragged, and has the picture on its left and the map on its right', async () => {
    await choose('map');
    await press('#option-split', 'Home');
    const map = await columns();
    await press('#option-split', 'End');
    whole = { map, picture: await columns() };
    expect(farthest(whole.map, whole.picture, 0.1, 0.9)).toBeGreaterThan(100);
    await page.mouse.move(...(await at(0.99, 0.3)));
    await page.mouse.down();
    await page.mouse.move(...(await at(0.5, 0.3)), { steps: 3 });
    await page.mouse.move(...(await at(0.25, 0.3)), { steps: 3 });
    await page.mouse.up();
    expect(Number(await setting('split'))).toBeCloseTo(0.25, 1);
    await expectSplit(Number(await setting('split')));
    await screenshot('split');
    // Let go, it stays.
    await page.mouse.move(...(await at(0.8, 0.3)));
    expect(Number(await setting('split'))).toBeCloseTo(0.25, 1);
  });

  it('is moved by the keys of its dial, which says where it is', async () => {
    await press('#option-split', 'Home', ...Array.from({ length: 70 }, () => 'ArrowRight' as const));
    expect(await setting('split')).toBe('0.7');
    expect(await page.$eval('#option-split', (input) => input.getAttribute('aria-valuetext'))).toBe('70 %');
    await expectSplit(0.7);
  });
});

describe('the scene that one goes round', () => {
  let frame: Frame;
  const expectSeen = async (camera: Camera, options = USUAL) =>
    expect(apart(frame, await seen(camera, options))).toBeLessThan(SAME);
  const FIRST = { yaw: 12, pitch: 6, zoom: 0.9 };

  it('is seen from the left as it is dragged to the right, and from above as it is dragged down', async () => {
    await choose('mesh');
    frame = await nextFrame(page);
    await expectSeen(FIRST);
    // The other way is seen to be another.
    expect(apart(frame, await seen({ ...FIRST, yaw: -12 }))).toBeGreaterThan(2 * SAME);
    expect(await page.$('#option-sky').then((list) => list!.isVisible()), 'of a model that tells no sky').toBe(false);
    const { width } = await box();
    await page.mouse.move(...(await at(0.3, 0.3)));
    await page.mouse.down();
    await page.mouse.move(...(await at(0.4, 0.3)));
    await page.mouse.move(...(await at(0.5, 0.3)));
    await page.mouse.up();
    frame = await nextFrame(page, frame);
    await expectSeen({ ...FIRST, yaw: 12 - 0.2 * 90 });
    await page.mouse.move(...(await at(0.5, 0.3)));
    await page.mouse.down();
    const [x, y] = await at(0.5, 0.3);
    await page.mouse.move(x, y + 0.1 * width);
    await page.mouse.up();
    frame = await nextFrame(page, frame);
    await expectSeen({ ...FIRST, yaw: -6, pitch: 15 });
    await screenshot('dragged');
    // Let go, it stays; and only the first button drags.
    await page.mouse.move(x, y);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(x + 40, y);
    await page.mouse.up({ button: 'middle' });
    expect([await setting('yaw'), await setting('pitch')]).toEqual(['-6', '15']);
  });

  it('comes closer by the wheel and +, goes by -, turns by the arrow keys, and goes back', async () => {
    await page.mouse.move(...(await at(0.5, 0.3)));
    const before = await page.evaluate(() => scrollY);
    await page.mouse.wheel({ deltaY: -100 });
    frame = await nextFrame(page, frame);
    const zoom = 0.9 * 1.002 ** 100;
    await expectSeen({ yaw: -6, pitch: 15, zoom });
    expect(await page.evaluate(() => scrollY), 'the page stays').toBe(before);
    await page.focus('#map-frame');
    await page.keyboard.press('-');
    frame = await nextFrame(page, frame);
    await expectSeen({ yaw: -6, pitch: 15, zoom: zoom / 1.1 });
    await page.keyboard.press('+');
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp'] as const) await page.keyboard.press(key);
    frame = await nextFrame(page, frame);
    await expectSeen({ yaw: 0, pitch: 18, zoom });
    await page.keyboard.press('Home');
    frame = await nextFrame(page, frame);
    await expectSeen(FIRST);
    await page.keyboard.press('ArrowLeft');
    frame = await nextFrame(page, frame);
    await page.mouse.click(...(await at(0.5, 0.3)), { count: 2 });
    frame = await nextFrame(page, frame);
    await expectSeen(FIRST);
  });

  it('is as deep and as wide as its dials say', async () => {
    await press('#option-far', 'Home');
    frame = await nextFrame(page, frame);
    await expectSeen(FIRST, { far: 2 });
    await press('#option-far', ...Array.from({ length: 6 }, () => 'ArrowRight' as const));
    frame = await nextFrame(page, frame);
    await press('#option-angle', 'End');
    frame = await nextFrame(page, frame);
    await expectSeen(FIRST, { far: 8, fieldOfView: 120 });
    expect(await textOf(page, '#assumptions')).toMatch(/ 8 times as far .* span 120° from side to side, which nothing/);
    await press('#option-angle', ...Array.from({ length: 60 }, () => 'ArrowLeft' as const));
    frame = await nextFrame(page, frame);
    await expectSeen(FIRST);
  });
});

describe('stereo pairs', () => {
  it.each(['anaglyph', 'anaglyph-red-cyan', 'sbs', 'half-sbs', 'tb', 'vr180'] as const)(
    'are drawn and saved as the library does: %s',
    async (layout) => {
      await choose('stereo');
      await page.select('#option-layout', layout);
      const wanted = await pair(layout, 0.03);
      // As large as the map, and drawn as large: 96 pixels are fewer than there are on the screen.
      await sized(wanted.width, wanted.height);
      const frame = await nextFrame(page);
      expect(apart(frame, wanted)).toBeLessThan(SAME);
      expect(apart(frame, await pair(layout, 0)), 'against one that is flat').toBeGreaterThan(2 * apart(frame, wanted));
      const saved = await nextDownload(page, chromium.downloads, () => page.click('[data-format=stereo]'));
      expect(saved).toMatch(new RegExp(`picture-nano-${layout}\\.${layout.startsWith('ana') ? 'png' : 'jpg'}$`));
      const file = await sharp(saved).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      // What JPEG costs.
      const { width, height } = file.info;
      expect(apart({ data: file.data, width, height }, wanted)).toBeLessThan(6);
    },
  );

  it('are as deep as their dial says', async () => {
    await page.select('#option-layout', 'sbs');
    let frame = await nextFrame(page);
    await press('#option-parallax', 'Home');
    frame = await nextFrame(page, frame);
    expect(apart(frame, await pair('sbs', 0))).toBeLessThan(SAME);
    await press('#option-parallax', 'End');
    frame = await nextFrame(page, frame);
    expect(apart(frame, await pair('sbs', 0.1))).toBeLessThan(SAME);
    await screenshot('stereo');
  });
});

describe('the lens in place of a pinhole', () => {
  it('blurs what is not where the focus is, as far as its dial says', async () => {
    await choose('focus');
    let frame = await nextFrame(page);
    expect(apart(frame, await focused(0.5, 0.6, 0.02))).toBeLessThan(SAME);
    await press('#option-blur', 'Home');
    frame = await nextFrame(page, frame);
    expect(apart(frame, pixels), 'without blur it is the picture').toBeLessThan(SAME);
    await press('#option-blur', 'End');
    frame = await nextFrame(page, frame);
    expect(apart(frame, await focused(0.5, 0.6, 0.06))).toBeLessThan(SAME);
    await page.focus('#map-frame');
    for (let i = 0; i < 16; i++) await page.keyboard.press('ArrowUp');
    frame = await nextFrame(page, frame);
    expect(apart(frame, await focused(0.5, 0.2, 0.06))).toBeLessThan(SAME);
    await screenshot('focus');
  });
});

describe('the picture in 3-D', () => {
  const gazed = async (x: number, y: number) => {
    using scene = await createScene(map, pixels, USUAL);
    using view = await createView(scene);
    // How far one goes to the side: see demo/scene_frames.ts.
    const span = 1 / scene.near - 1 / scene.far;
    const right = (0.035 * WIDTH) / (2 * scene.lens.focalLength * span);
    const converge = 1 / (1 / scene.far + 0.35 * span);
    return view.read({ converge, right: right * x, up: -right * y, zoom: 1.04 });
  };

  it('stands still where motion is to be reduced, but for the arrow keys', async () => {
    await choose('parallax');
    const front = await nextFrame(page);
    expect(apart(front, await gazed(0, 0))).toBeLessThan(SAME);
    await page.mouse.move(...(await at(0.9, 0.1)));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(apart(await frameOn(page), front)).toBe(0);
    await page.focus('#map-frame');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const side = await nextFrame(page, front);
    expect(apart(side, await gazed(0.5, 0))).toBeLessThan(SAME);
    expect(apart(side, await gazed(-0.5, 0))).toBeGreaterThan(2 * apart(side, await gazed(0.5, 0)));
  });

  it('follows the pointer to where it is, and comes to rest there', async () => {
    await page.emulateMediaFeatures([]);
    const before = await frameOn(page);
    await page.mouse.move(...(await at(0.1, 0.9)));
    const frame = await nextFrame(page, before);
    expect(apart(frame, await gazed(-0.8, 0.8))).toBeLessThan(SAME);
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  });
});

describe.skipIf(!canFilm)('what moves', () => {
  const ends = async () => {
    const { low, high } = await map.range();
    return { far: 8, range: [low, high] } as const;
  };
  const follow = () => page.waitForSelector('#map-frame.drawn');

  it('is seen in every view that takes little, as a picture is', async () => {
    const clip = join(chromium.downloads, 'still.mp4');
    const source = join(chromium.downloads, 'source.png');
    await sharp(Buffer.from(pixels.data), { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
      .png()
      .toFile(source);
    const colors = ['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-colorspace', 'bt709'];
    const tags = ['-color_primaries', 'bt709', '-color_trc', 'iec61966-2-1', '-color_range', 'tv'];
    ffmpeg('-loop', '1', '-i', source, '-t', '2', ...colors, ...tags, '-pix_fmt', 'yuv420p', '-crf', '4', clip);
    await chooseVideo(page, clip);
    expect(await page.$eval('#panes', (panes) => panes.getAttribute('data-view'))).toBe('map');
    for (const view of ['normals', 'compare', 'peer'])
      expect(await page.$eval(`#view-${view}`, (input) => (input as HTMLInputElement).disabled), view).toBe(true);
    /** Of 255; colours of a video are fewer. */
    const near = 8;
    await choose('mesh');
    await follow();
    let frame = await nextFrame(page);
    const options = await ends();
    const camera = { yaw: 12, pitch: 6, zoom: 0.9 };
    expect(apart(frame, await seen(camera, options))).toBeLessThan(near);
    expect(await textOf(page, '#assumptions')).toMatch(/^Nano gives relative inverse depth.* 8 times as far/);
    await page.focus('#map-frame');
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowLeft');
    frame = await nextFrame(page, frame);
    expect(apart(frame, await seen({ ...camera, yaw: -12 }, options))).toBeLessThan(near);
    await page.keyboard.press('Home');
    await page.select('#option-surface', 'points');
    frame = await nextFrame(page, frame);
    await page.select('#option-surface', 'mesh');
    await choose('stereo');
    await page.select('#option-layout', 'tb');
    await sized(WIDTH, 2 * HEIGHT);
    await choose('focus');
    await press('#option-blur', 'Home');
    await sized(WIDTH, HEIGHT);
    expect(apart(await nextFrame(page), pixels), 'without blur it is the picture').toBeLessThan(near);
    await choose('parallax');
    frame = await nextFrame(page, frame);
    await page.focus('#map-frame');
    await page.keyboard.press('ArrowRight');
    await nextFrame(page, frame);
    await screenshot('live');
    await choose('map');
    await page.waitForSelector('#map-frame:not(.drawn)');
    expect(await textOf(page, '#error')).toBe('');
  });

  it('goes on in 3-D as the camera does, and stays at the last frame when it is cancelled', async () => {
    const says = (text: string) =>
      page.waitForFunction((of) => document.querySelector('#camera')?.textContent === of, {}, text);
    await page.click('#camera');
    await says('Use camera');
    await waitForMap(page, WIDTH, HEIGHT);
    await page.click('#camera');
    await says('Stop camera');
    await choose('mesh');
    await follow();
    const seenNow: Frame[] = [];
    for (let i = 0; i < 100 && seenNow.length < 4; i++) {
      const now = await frameOn(page);
      if (!seenNow.some((one) => apart(one, now) === 0)) seenNow.push(now);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(seenNow.length, 'frames').toBe(4);
    await screenshot('camera');
    await page.click('#cancel');
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Cancelled.');
    const last = await nextFrame(page);
    await page.focus('#map-frame');
    await page.keyboard.press('ArrowLeft');
    await nextFrame(page, last);
    await page.click('#camera');
    await says('Use camera');
    await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Depth estimated'));
    expect(await textOf(page, '#error')).toBe('');
  });
});

it('leaves the console empty', () => expect(watch.complaints).toEqual([]));
