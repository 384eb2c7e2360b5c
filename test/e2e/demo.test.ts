import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ElementHandle, Page } from 'puppeteer';
import sharp from 'sharp';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/depth/formats/npy.js';
import { encodePng } from '../../src/depth/formats/png.js';
import { loadDepthModel } from '../../src/index.js';
import { testGpu } from '../gpu.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from './chromium.js';
import { textOf, waitForMap } from './demo_page.js';
import { nextDownload } from './downloads.js';
import { farthest, midasWeights, opaque } from './midas.js';
import { BUILT_PAGE, serveBuilt, type Served, ServedFiles } from './servers.js';

/** CommonJS without types. */
const { validateBytes } = createRequire(import.meta.url)('gltf-validator') as {
  validateBytes: (bytes: Uint8Array) => Promise<{ issues: { numErrors: number; numWarnings: number } }>;
};

const MODEL = 'midas-v2.1-small';
const PICTURE = { width: 150, height: 110, data: opaque(seededPicture('demo', 110, 150)) };
const INPUT_SIZE = 96;
/** What the page may take on a first visit besides weights and pictures, gzip, in bytes. */
const FIRST_VISIT = 90 * 1024;

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;
let weightsFile: string;
let secondPicture: string;
let map: Float32Array;
let link = '';
let closeServer: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const png = (width: number, height: number) =>
    encodePng({
      width,
      height,
      channels: 4,
      data: new Uint8Array(opaque(seededPicture('demo', height, width)).buffer),
    });
  const files = new ServedFiles().add('/picture.png', await png(PICTURE.width, PICTURE.height));
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files)]);
  await mkdir(chromium.downloads, { recursive: true });
  weightsFile = join(chromium.downloads, 'weights.safetensors');
  secondPicture = join(chromium.downloads, 'upright.png');
  await Promise.all([writeFile(weightsFile, midasWeights('F16')), writeFile(secondPicture, await png(60, 90))]);
  closeServer = served.close;
  ({ page, watch } = await openPage(chromium.browser));
  await page.setViewport({ width: 1280, height: 800 });
});
afterAll(async () => {
  await chromium?.close();
  await closeServer?.();
});

describe('the demo, as built, under a strict content security policy', () => {
  it('shows depth at once, of a picture of its own and with the model that is part of it', async () => {
    await page.evaluateOnNewDocument(() => {
      new MutationObserver(() => {
        if (document.querySelector('#map-frame.drawn')) window.drawnAt ??= performance.now();
      }).observe(document, { subtree: true, attributes: true, childList: true });
    });
    await page.goto(served.url);
    // Painted before there is a model: it is part of the markup.
    const painted = await page.$eval('#picture', (image) => {
      const { complete, naturalWidth } = image as HTMLImageElement;
      return { complete, naturalWidth, status: document.querySelector('#status')?.textContent };
    });
    expect(painted).toMatchObject({ complete: true, naturalWidth: 768 });
    expect(painted.status).not.toMatch(/estimated/);
    await mapOf(768, 576);
    expect(await text('#licence')).toBe('MIT');
    expect(new Set(await canvasColors()).size).toBeGreaterThan(100);
    await drawn();
    const asked = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name, startTime }) => ({
        path: new URL(name).pathname,
        later: startTime > window.drawnAt,
      })),
    );
    // What comes when the picture is seen in 3-D is what one does with it.
    const tools = asked.filter(({ later, path }) => later && path.endsWith('.js')).map(({ path }) => path);
    expect(tools[0]).toMatch(/picture_tools-/);
    expect(scriptsOf('picture_tools')).toEqual(expect.arrayContaining(tools));
    const code = ['/index.html', ...asked.filter(({ later }) => !later).map(({ path }) => path)].filter((path) =>
      /\.(html|js|css)$/.test(path),
    );
    const bytes = gzipBytes(code);
    // A GPU takes its kernels and their tuning more, before its first picture.
    const gpu = gzipBytes([...new Set([...code, ...scriptsOf('gpu')])]);
    console.log(`first visit: ${bytes} bytes gzip in ${code.length} files; on a GPU ${gpu}`);
    expect(code.length).toBeGreaterThanOrEqual(3);
    expect(gpu).toBeGreaterThan(bytes + 4096);
    expect(gpu).toBeLessThanOrEqual(FIRST_VISIT);
    await screenshot('demo-first');
  });

  it('moves the viewpoint with pointer and arrow keys, but not the pointer where motion is to be reduced', async () => {
    const front = await framePixels();
    const box = (await (await page.$('#map-frame'))!.boundingBox())!;
    const toSide = () => page.mouse.move(box.x + 0.95 * box.width, box.y + 0.5 * box.height);
    await toSide();
    await frameChanges(front);
    await page.mouse.move(2, 2);
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.waitForFunction((old) => window.frameText() === old, { polling: 200 }, front);
    await toSide();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await framePixels()).toBe(front);
    await page.focus('#map-frame');
    await page.keyboard.press('ArrowRight');
    await frameChanges(front);
    expect(await takesKey({ key: 'ArrowLeft' })).toBe(true);
    expect(await takesKey({ key: 'ArrowLeft', altKey: true })).toBe(false);
    await page.emulateMediaFeatures([]);
  });

  it('switches between the views with the keyboard, which a screen reader is told', async () => {
    await page.focus('#view-parallax');
    let before = '';
    for (const view of ['map', 'mesh', 'stereo', 'focus', 'normals', 'compare']) {
      await page.keyboard.press('ArrowRight');
      if (view !== 'map' && view !== 'compare') before = await frameChanges(before);
      expect(await page.$eval('#map-frame', (frame) => frame.ariaLabel)).toMatch(
        new RegExp(`^Picture, view ${view}\\.`, 'i'),
      );
      expect(await text('#error')).toBe('');
      // In these the pointer reads nothing.
      const asks = await page.$eval('#readout', (read) => read.checkVisibility({ visibilityProperty: true }));
      expect(asks, view).toBe(view !== 'mesh' && view !== 'stereo');
      await screenshot(`demo-${view}`);
    }
    const radio = await page.$('aria/Compare[role="radio"]');
    expect(await radio!.evaluate((input) => (input as HTMLInputElement).checked)).toBe(true);
  });

  it('compares the map with the true depth of a rendered picture, in numbers and under one cursor', async () => {
    await page.waitForFunction(() => document.querySelector('#agreement')?.textContent !== '');
    const [, correlation, difference, order] = /depths ([\d.]+); .*difference ([\d.]+) %.* in ([\d.]+) %/
      .exec(await text('#agreement'))!
      .map(Number) as [number, number, number, number];
    expect(correlation).toBeGreaterThan(0.97);
    expect(difference).toBeLessThan(6);
    expect(order).toBeGreaterThan(95);
    const frame = (await (await page.$('#difference-frame'))!.boundingBox())!;
    // The wall on the right is about 7 m away there.
    await page.mouse.move(frame.x + 0.97 * frame.width, frame.y + 0.9 * frame.height);
    expect(await text('#readout')).toMatch(/^\(74\d, 51\d\) relative inverse depth/);
    const [, metres] = /^True depth: ([\d.]+) m$/.exec(await text('#other-readout'))!;
    expect(Math.abs(Number(metres) - 7)).toBeLessThan(2);
    expect(await page.$$eval('.marker', (all) => all.filter((marker) => marker.checkVisibility()).length)).toBe(3);
  });

  it('draws the scene as points where the mesh is', async () => {
    await page.click('[for=view-mesh]');
    await page.waitForFunction(() => document.querySelector('#map-frame')?.ariaLabel?.includes('view Mesh'));
    await frameChanges('');
    const mesh = await settled();
    await page.select('#option-surface', 'points');
    await frameChanges(mesh);
    const [a, b] = [colorsOf(mesh), colorsOf(await settled())];
    const apart = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
    expect(apart).toBeLessThan(24);
    await page.select('#option-surface', 'mesh');
    await page.click('[for=view-compare]');
  });

  it('measures between two points, and says what that takes for granted', async () => {
    await page.click('#measure');
    await page.waitForFunction(() => document.querySelector('#measured')?.textContent?.startsWith('Click the first'));
    await page.evaluate(() => scrollTo(0, 0));
    const frame = (await (await page.$('#map-frame'))!.boundingBox())!;
    const at = async (u: number, v: number) => {
      const before = await text('#measured');
      await page.mouse.click(frame.x + u * frame.width, frame.y + v * frame.height);
      await page.waitForFunction((old) => document.querySelector('#measured')?.textContent !== old, {}, before);
      return Number(/: ([\d.]+) m$/.exec(await text('#other-readout'))![1]);
    };
    const [a, b] = [await at(0.3, 0.7), await at(0.62, 0.7)];
    const half = Math.tan((59.23 * Math.PI) / 360);
    const [dx, dy] = [2 * half * (0.62 * b - 0.5 * b - (0.3 * a - 0.5 * a)), 1.5 * half * 0.2 * (b - a)];
    const [, length] = /^([\d.]+) m between the points, .* by true depth and an angle of view of 59\.2°\.$/.exec(
      await text('#measured'),
    )!;
    expect(Math.abs(Number(length) - Math.hypot(dx, dy, b - a))).toBeLessThan(0.1);
    expect(await text('#assumptions')).toMatch(/^Nano gives relative inverse depth.* no unit\.$/);
    const measured = await text('#measured');
    await page.click('[for=view-focus]');
    await page.focus('#map-frame');
    await page.keyboard.press('Enter');
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    expect(await text('#measured')).toBe(measured);
    await page.click('#measure');
  });

  it('sets the focus where it is clicked, and layouts of stereo pairs', async () => {
    await page.click('[for=view-focus]');
    const near = await frameChanges('');
    const box = (await (await page.$('#map-frame'))!.boundingBox())!;
    await page.mouse.click(box.x + 0.4 * box.width, box.y + 0.1 * box.height);
    await frameChanges(near);
    expect(await text('#assumptions')).toMatch(
      /farthest is taken .* spans 59\.2° from side to side, as it was rendered/,
    );
    await page.click('[for=view-stereo]');
    await page.select('#option-layout', 'tb');
    await page.waitForFunction(() => {
      const { width, height } = document.querySelector('#scene-pixels') as HTMLCanvasElement;
      return height > width;
    });
  });

  it('has an address that says what is set, and a button that copies it', async () => {
    await page.waitForFunction(() => location.hash.includes('layout=tb'));
    // Without a window there is no clipboard to write to.
    await page.evaluate(() => (navigator.clipboard.writeText = async (text) => void (window.copied = text)));
    await page.click('#copy-link');
    await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('The link is copied.'));
    link = new URL(await page.evaluate(() => window.copied)).hash;
    expect(Object.fromEntries(new URLSearchParams(link.slice(1)))).toEqual({
      view: 'stereo',
      layout: 'tb',
      focusX: expect.stringMatching(/^0\.(39|4|40)\d*$/),
      focusY: expect.stringMatching(/^0\.(09|1|10)\d*$/),
    });
  });

  it('says which weights are missing, and takes them as a file', async () => {
    const response = await page.goto(`${served.url}?model=${MODEL}&image=/picture.png&size=${INPUT_SIZE}${link}`);
    expect(response?.headers()['content-security-policy']).toContain("script-src 'self';");
    await page.waitForFunction(() =>
      document.querySelector('#status')?.textContent?.includes('needs its weights as a file'),
    );
    await screenshot('demo-before');
    expect(await text('#licence')).toBe('MIT');
    expect(await text('#model-kind')).toBe('Relative inverse depth, no unit · 85.6 MB, not timed here yet');
    const input = (await page.$('#weights-file')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(weightsFile);
    await mapOf(PICTURE.width, PICTURE.height);
    expect(await text('#error')).toBe('');
    expect(await text('#weights-hint')).toBe('Weights: weights.safetensors');
  });

  it('has reopened the settings of the link', async () => {
    expect(await page.$eval('#view-stereo', (input) => (input as HTMLInputElement).checked)).toBe(true);
    expect(await page.$eval('#option-layout', (select) => (select as HTMLSelectElement).value)).toBe('tb');
    await page.waitForFunction(() => {
      const { hidden, width, height } = document.querySelector('#scene-pixels') as HTMLCanvasElement;
      return !hidden && height > width;
    });
  });

  it('names the adapter, says that it is software, and shows precision and time', async () => {
    const adapter = await text('#fact-adapter');
    console.log(`adapter: ${adapter}`);
    expect(adapter).toMatch(/swiftshader.*\(software\)/i);
    expect(await text('#software')).toContain('No GPU is in use');
    expect(await text('#fact-precision')).toBe('f32');
    expect(await text('#fact-time')).toMatch(/^[\d.]+ m?s$/);
    await screenshot('demo-after');
  });

  it('shows a map that equals the one computed in Node', async () => {
    const { values, shape } = readNpy(await download('npy', `picture-${MODEL}.npy`));
    expect(shape).toEqual([PICTURE.height, PICTURE.width]);
    map = values;
    const model = await loadDepthModel(midasWeights('F16'), { device: (await testGpu()).device });
    const truth = await model.estimate(PICTURE, { inputSize: INPUT_SIZE });
    const error = farthest(map, await truth.read());
    console.log(`Chromium against Node: ${error.toExponential(2)} of the range`);
    expect(error).toBeLessThanOrEqual(1e-4);
    truth.dispose();
    model.dispose();
    expect(new Set(await canvasColors()).size).toBeGreaterThan(100);
  });

  it('saves PNG, 16-bit PNG and PFM', async () => {
    const png = sharp(await download('png', `picture-${MODEL}.png`));
    const colors = await png.ensureAlpha().raw().toBuffer();
    expect([...new Uint32Array(colors.buffer, colors.byteOffset, colors.length / 4)]).toEqual(await canvasColors());
    const { data, info } = await sharp(await download('png16', `picture-${MODEL}-16bit.png`))
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: PICTURE.width, height: PICTURE.height, channels: 1 });
    const codes = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    const [min, max] = [Math.min(...map), Math.max(...map)];
    expect(
      farthest(
        Float64Array.from(codes, (code) => min + ((max - min) * code) / 65535),
        map,
      ),
    ).toBeLessThanOrEqual(1e-5);
    const pfm = await download('pfm', `picture-${MODEL}.pfm`);
    expect(pfm.subarray(0, 2).toString()).toBe('Pf');
    expect(pfm.length).toBeGreaterThan(4 * map.length);
  });

  it('saves points, mesh, distances, normals, a stereo pair and the view', async () => {
    const stem = `picture-${MODEL}`;
    const points = PICTURE.width * PICTURE.height;
    expect((await download('ply', `${stem}.ply`)).subarray(0, 200).toString()).toContain(`element vertex ${points}\n`);
    const glb = await validateBytes(new Uint8Array(await download('glb', `${stem}.glb`)));
    expect(glb.issues).toMatchObject({ numErrors: 0, numWarnings: 0 });
    const exr = await download('exr', `${stem}.exr`);
    expect([...exr.subarray(0, 4)]).toEqual([0x76, 0x2f, 0x31, 0x01]);
    expect(exr.length).toBeGreaterThan(4 * points);
    await page.click('[for=view-focus]');
    for (const [format, ending] of [
      ['normals', 'normals'],
      ['stereo', 'tb'],
      ['view', 'view'],
    ] as const) {
      const file = await download(format, `${stem}-${ending}.${ending === 'tb' ? 'jpg' : 'png'}`);
      const { width, height } = await sharp(file).metadata();
      expect([width, height], format).toEqual([PICTURE.width, (format === 'stereo' ? 2 : 1) * PICTURE.height]);
    }
  });

  it('reads the value under the pointer and the arrow keys, and marks the spot', async () => {
    const at = (x: number, y: number) =>
      `(${x}, ${y}) relative inverse depth ${map[y * PICTURE.width + x]!.toFixed(2)}, larger = nearer`;
    await page.click('[for=view-map]');
    const frame = (await (await page.$('#map-frame'))!.boundingBox())!;
    await page.mouse.move(
      frame.x + (frame.width * 45.2) / PICTURE.width,
      frame.y + (frame.height * 80.5) / PICTURE.height,
    );
    expect(await text('#readout')).toBe(at(45, 80));
    const spots = await page.$$eval('.marker', (markers) =>
      markers.slice(0, 1).map((marker) => {
        const [spot, box] = [marker.getBoundingClientRect(), marker.parentElement!.getBoundingClientRect()];
        return [(spot.x + spot.width / 2 - box.x) / box.width, (spot.y + spot.height / 2 - box.y) / box.height];
      }),
    );
    expect(spots).toHaveLength(1);
    for (const [u, v] of spots) {
      expect(u).toBeCloseTo(45.2 / PICTURE.width, 2);
      expect(v).toBeCloseTo(80.5 / PICTURE.height, 2);
    }
    await page.focus('#map-frame');
    expect(await takesKey({ key: 'ArrowLeft', altKey: true })).toBe(false);
    await page.keyboard.press('ArrowRight');
    expect(await text('#readout')).toBe(at(Math.floor(45.2 + 0.01 * PICTURE.width), 80));
  });

  it('compares two models on the same picture', async () => {
    await page.click('[for=view-compare]');
    await page.waitForSelector('#other-model option[value=nano]');
    await page.select('#other-model', 'nano');
    await page.waitForFunction(() => document.querySelector('#agreement')?.textContent?.includes('Nano scaled and'));
    expect(await text('#agreement')).toContain('Nano scaled and shifted to MiDaS v2.1 small;');
    expect(await text('#other-caption')).toBe('Nano · 150 × 110');
    // Another colour takes no other estimate.
    const before = await text('#agreement');
    await page.select('#colormap', 'gray');
    expect([await text('#agreement'), await text('#status')]).toEqual([before, '']);
    await becomes('gray', '#other-map');
    await page.select('#colormap', 'inferno');
    await becomes('colours', '#other-map');
    await page.click('[for=view-map]');
  });

  it('draws anew in other colours, and inverted', async () => {
    const before = await canvasColors();
    expect(new Set(before).size).toBeGreaterThan(1);
    await page.select('#colormap', 'gray');
    await becomes('gray', '#map');
    const gray = await canvasColors();
    await page.click('#invert');
    await page.waitForFunction((old) => window.getColors().some((color, i) => color !== old[i]), {}, gray);
    const inverted = await canvasColors();
    expect(inverted.every((color, i) => (color & 255) === 255 - (gray[i]! & 255))).toBe(true);
    await page.click('#invert');
    await page.select('#colormap', 'inferno');
  });

  it('takes another picture from the file chooser', async () => {
    const input = (await page.$('#picture-file')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(secondPicture);
    await mapOf(60, 90);
    expect(await text('#picture-caption')).toBe('upright.png · 60 × 90');
  });

  it.each(['drop', 'paste'] as const)('takes a picture by %s', async (way) => {
    await page.evaluate(async (type) => {
      const carried = new DataTransfer();
      carried.items.add(new File([await (await fetch('/picture.png')).blob()], `${type}.png`, { type: 'image/png' }));
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        type === 'drop'
          ? new DragEvent(type, { ...init, dataTransfer: carried })
          : new ClipboardEvent(type, { ...init, clipboardData: carried }),
      );
    }, way);
    await page.waitForFunction(
      (of) => document.querySelector('#picture-caption')?.textContent === of,
      {},
      `${way}.png · 150 × 110`,
    );
    await mapOf(PICTURE.width, PICTURE.height);
  });

  it('follows the camera, and keeps the last frame when it stops', async () => {
    const click = (selector: string) => page.$eval(selector, (element) => (element as HTMLElement).click());
    const view = await page.$eval('[name=view]:checked', ({ id }) => id);
    const setAngle = (degrees: number) =>
      page.$eval(
        '#option-angle',
        (dial, value) => {
          (dial as HTMLInputElement).valueAsNumber = value;
          for (const type of ['input', 'change']) dial.dispatchEvent(new Event(type, { bubbles: true }));
        },
        degrees,
      );
    // Of the picture, not of what comes after it.
    await setAngle(75);
    await page.click('#camera');
    // A rate takes two frames.
    await page.waitForFunction(
      () => /^(?!0\.0)\d+\.\d fps$/.test(document.querySelector('#fact-time')?.textContent ?? ''),
      { timeout: 60_000 },
    );
    expect(await text('#camera')).toBe('Stop camera');
    expect(new Set(await canvasColors()).size).toBeGreaterThan(20);
    await click('#view-mesh');
    await page.waitForFunction(() => document.querySelector('#assumptions')?.textContent !== '', { timeout: 60_000 });
    expect(await text('#assumptions')).toContain(
      'The picture is taken to span 60° from side to side, which nothing in it says.',
    );
    await setAngle(70);
    await page.click('#camera');
    await page.waitForFunction(() => document.querySelector('#fact-time-name')?.textContent === 'Time', {
      timeout: 60_000,
    });
    expect(await text('#camera')).toBe('Use camera');
    expect(await text('#picture-caption')).toMatch(/^camera\.png · \d+ × \d+$/);
    // The frame is what the camera saw.
    await page.waitForFunction(() => document.querySelector('#assumptions')?.textContent !== '');
    expect(await text('#assumptions')).toContain('The picture is taken to span 70° from side to side');
    await click(`#${view}`);
  });

  it('fits a phone: the picture first and whole, nothing to scroll sideways to, and room for fingers', async () => {
    await page.setViewport({ width: 390, height: 844 });
    const client = await page.createCDPSession();
    await client.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    await page.evaluate(() => scrollTo(0, 0));
    expect(await page.evaluate(() => matchMedia('(pointer: coarse)').matches)).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const boxes = (selector: string) =>
      page.$$eval(selector, (all) =>
        all
          .filter((element) => element.checkVisibility())
          .map((element) => {
            const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
            const name = element.id || element.textContent.trim();
            return { name, top, bottom, left, right, width, height };
          }),
      );
    const [frame] = await boxes('#map-frame');
    expect(frame!.bottom).toBeLessThan(844 / 2);
    expect(frame!.width).toBeGreaterThan(0.85 * 390);
    const controls = await boxes(
      '.tab, button, label.button, select, label.check, summary, #view-options input, #divider',
    );
    expect(controls.length).toBeGreaterThan(25);
    for (const { name, top, height, width } of controls) {
      expect(Math.min(height, width), name).toBeGreaterThanOrEqual(44);
      if (name !== 'divider') expect(top, name).toBeGreaterThanOrEqual(frame!.bottom);
    }
    await screenshot('demo-phone', true);
  });

  it('goes round the scene by a finger, and comes closer by two', async () => {
    await page.click('[for=view-mesh]');
    await page.evaluate(() => scrollTo(0, 0));
    await frameChanges('');
    const before = await settled();
    const client = await page.createCDPSession();
    const { x, y, width, height } = (await (await page.$('#map-frame'))!.boundingBox())!;
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: (readonly [number, number])[]) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: at.map(([u, v], id) => ({ x: x + u * width, y: y + v * height, id })),
      });
    const set = async (name: string) => {
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 800)));
      return Number(await page.evaluate((of) => new URLSearchParams(location.hash.slice(1)).get(of), name));
    };
    await touch('touchStart', [0.3, 0.5]);
    await touch('touchMove', [0.4, 0.5]);
    await touch('touchMove', [0.5, 0.5]);
    await touch('touchEnd');
    await frameChanges(before);
    expect(Math.abs((await set('yaw')) - (12 - 0.2 * 90))).toBeLessThan(1);
    await touch('touchStart', [0.4, 0.5], [0.6, 0.5]);
    await touch('touchMove', [0.35, 0.5], [0.65, 0.5]);
    await touch('touchMove', [0.3, 0.5], [0.7, 0.5]);
    await touch('touchEnd');
    expect(Math.abs((await set('zoom')) / (0.9 * 2) - 1)).toBeLessThan(0.05);
    // A finger that is left over turns again.
    const yaw = await set('yaw');
    await touch('touchStart', [0.5, 0.5]);
    await touch('touchMove', [0.4, 0.5]);
    await touch('touchEnd');
    expect((await set('yaw')) - yaw).toBeCloseTo(9, 0);
    await screenshot('demo-phone-mesh');
    await client.send('Emulation.setTouchEmulationEnabled', { enabled: false });
    await page.setViewport({ width: 1280, height: 800 });
  });

  it('leaves the console empty and other origins alone', () => {
    expect(watch.complaints).toEqual([]);
    expect([...watch.origins]).toEqual([new URL(served.url).origin]);
  });

  it('opens again where there is no network, as an application that can be installed', async () => {
    await page.waitForFunction(
      async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated',
    );
    await closeServer!();
    closeServer = undefined;
    await page.goto(served.url);
    await mapOf(768, 576);
    await drawn();
    const manifest = await page.evaluate(async () => {
      const address = document.querySelector<HTMLLinkElement>('link[rel=manifest]')!.href;
      return (await (await fetch(address)).json()) as { icons: { src: string }[]; display: string };
    });
    expect(manifest.display).toBe('standalone');
    for (const { src } of manifest.icons)
      expect(await page.evaluate(async (of) => (await fetch(of)).status, src), src).toBe(200);
  });
});

const mapOf = (width: number, height: number) => waitForMap(page, width, height);
const text = (selector: string) => textOf(page, selector);

/** Paths of the scripts that a door of the built page fetches: its own, and what that imports before it runs. */
function scriptsOf(door: string): string[] {
  const folder = join(BUILT_PAGE, 'assets');
  const all = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const found = new Set(all.filter((name) => name.startsWith(`${door}-`)));
  expect(found.size, door).toBe(1);
  for (const name of found) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [, other] of text.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)) found.add(other!);
  }
  return [...found].map((name) => `/assets/${name}`);
}

function gzipBytes(paths: readonly string[]): number {
  const size = (path: string) => gzipSync(readFileSync(join(BUILT_PAGE, path)), { level: 9 }).length;
  return paths.reduce((sum, path) => sum + size(path), 0);
}

/** Waits until the scene is drawn. */
async function drawn(): Promise<void> {
  await page.waitForSelector('#map-frame.drawn');
}

/** The colours of the frame on show, as one text. */
async function framePixels(): Promise<string> {
  await drawn();
  await page.evaluate(() => {
    window.frameText = () => {
      const canvas = document.querySelector('#scene-pixels') as HTMLCanvasElement;
      const small = new OffscreenCanvas(32, 24);
      const context = small.getContext('2d')!;
      context.drawImage(canvas, 0, 0, 32, 24);
      return `${canvas.hidden} ${context.getImageData(0, 0, 32, 24).data.join()}`;
    };
  });
  return page.evaluate(() => window.frameText());
}

/** Waits for a frame other than one; gives it. */
async function frameChanges(from: string): Promise<string> {
  await framePixels();
  await page.waitForFunction((old) => window.frameText() !== old, { polling: 100 }, from);
  return framePixels();
}

/** The frame once it stays as it is. */
async function settled(): Promise<string> {
  for (let before = ''; ;) {
    const now = await framePixels();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

/** Whether the page keeps a key from the browser. */
function takesKey(of: KeyboardEventInit): Promise<boolean> {
  return page.$eval(
    '#map-frame',
    (frame, init) => !frame.dispatchEvent(new KeyboardEvent('keydown', { ...init, cancelable: true })),
    of,
  );
}

const colorsOf = (frame: string) => frame.split(' ')[1]!.split(',').map(Number);

/** Waits until a canvas is drawn in grey alone, or with colours too. */
async function becomes(what: 'gray' | 'colours', selector: string): Promise<void> {
  await canvasColors(selector);
  await page.waitForFunction(
    (gray) => window.getColors().every((color) => (color & 255) === ((color >> 8) & 255)) === gray,
    {},
    what === 'gray',
  );
}

async function canvasColors(selector = '#map'): Promise<number[]> {
  await page.evaluate((selector) => {
    window.getColors = () => {
      const canvas = document.querySelector(selector) as HTMLCanvasElement;
      const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!;
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return Array.from(new Uint32Array(data.buffer));
    };
  }, selector);
  return page.evaluate(() => window.getColors());
}

async function download(format: string, name: string): Promise<Buffer> {
  const path = await nextDownload(page, chromium.downloads, () => page.click(`[data-format=${format}]`));
  expect(path).toBe(join(chromium.downloads, name));
  return readFile(path);
}

function readNpy(bytes: Buffer): { values: Float32Array; shape: readonly number[] } {
  const { data, shape } = decodeNpy(bytes);
  return { values: Float32Array.from(data), shape };
}

async function screenshot(name: string, fullPage = false): Promise<void> {
  await page.screenshot({ path: join(ROOT, `test/output/${name}.png`), fullPage });
}

declare global {
  interface Window {
    getColors: () => number[];
    frameText: () => string;
    copied: string;
    drawnAt: number;
  }
}
