import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/depth/formats/npy.js';
import { encodePng } from '../../src/depth/formats/png.js';
import { decodeHeif } from '../../src/heif/index.js';
import { loadDepthModel } from '../../src/index.js';
import { createScene, createView } from '../../src/views/index.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';
import { writtenTensors } from '../unit/weights/torch_tensors.js';
import { legacy, torchParts, zip } from '../unit/weights/torch_writer.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm, ffmpeg } from '../e2e/clips.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { nextDownload } from '../e2e/downloads.js';
import { farthest, midasWeights, opaque } from '../e2e/midas.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { tinyMetricWeights } from '../e2e/tiny_metric.js';
import { apart, frameOn, nextFrame, smallPicture } from '../e2e/view_frames.js';

const PICTURE = { width: 96, height: 64, data: opaque(seededPicture('files', 64, 96)) };
const INPUT_SIZE = 96;
const FIXTURES = join(import.meta.dirname, '../fixtures');

let chromium: Chromium;
let served: Served;
let files: ServedFiles;
let page: Page;
let watch: Watch;
let expected: Float32Array;

beforeAll(async () => {
  const png = await encodePng({ ...PICTURE, channels: 4, data: new Uint8Array(PICTURE.data.buffer) });
  const weights = midasWeights('F32');
  const tensors = await writtenTensors(weights);
  const entries = checkpointTensors('midas-v2.1-small');
  const halves = [entries.slice(0, 200), entries.slice(200)];
  const namesIn = (half: typeof entries, i: number) => half.map(({ name }) => [name, `half-${i}.safetensors`] as const);
  const nano = await readFile(join(ROOT, 'models/nano.safetensors'));
  files = new ServedFiles()
    .add('/picture.png', png)
    .add('/zip', zip(torchParts(tensors)))
    .add('/legacy', legacy(tensors))
    .add('/safetensors', weights)
    .add('/index', Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(halves.flatMap(namesIn)) })))
    .add('/half-0', seededCheckpoint(halves[0]!))
    .add('/half-1', seededCheckpoint(halves[1]!))
    .add('/one.safetensors', nano)
    .add('/two.safetensors', nano);
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files)]);
  await mkdir(chromium.downloads, { recursive: true });
  ({ page, watch } = await openPage(chromium.browser));
  // What is clicked stays where it is: the page scrolls to a new map at once.
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  const model = await loadDepthModel(weights, { device: (await testGpu()).device });
  const map = await model.estimate(PICTURE, { inputSize: INPUT_SIZE });
  expected = await map.read();
  map.dispose();
  model.dispose();
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

const text = (selector: string) => textOf(page, selector);
const open = async (query: string) => {
  await page.goto(`${served.url}?image=/picture.png&size=${INPUT_SIZE}${query}`);
  await waitForMap(page, PICTURE.width, PICTURE.height);
};

type Content = { readonly path: string } | { readonly text: string };

/** Drops a file with the bytes at a path, or with a text. */
const drop = (name: string, type: string, content: Content) => dropAll([[name, content]], type);

/** Drops files at once. */
function dropAll(all: readonly (readonly [name: string, content: Content])[], type = '') {
  return page.evaluate(
    async (named, mime) => {
      for (const said of document.querySelectorAll('#status, #error')) said.textContent = '';
      const dataTransfer = new DataTransfer();
      for (const [fileName, of] of named) {
        const body = 'path' in of ? await (await fetch(of.path)).blob() : of.text;
        dataTransfer.items.add(new File([body], fileName, { type: mime }));
      }
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
    },
    all,
    type,
  );
}

/** Waits for the map of weights that were dropped, or for what is wrong with them. */
const estimated = (name: string) =>
  page.waitForFunction(
    (of) =>
      (document.querySelector('#weights-hint')?.textContent === of &&
        document.querySelector('#status')?.textContent?.startsWith('Depth estimated')) ||
      document.querySelector('#error')?.textContent !== '',
    { timeout: 100_000 },
    `Weights: ${name}`,
  );

const refused = () => page.waitForFunction(() => document.querySelector('#error')?.textContent !== '');

describe('files on the page', () => {
  beforeAll(() => open(''));

  it.each([
    ['model.ckpt', 'application/octet-stream', '/zip'],
    ['pytorch_model.bin', 'application/macbinary', '/legacy'],
    ['no-ending', '', '/safetensors'],
    ['holiday.png', 'image/png', '/zip'],
  ])('takes %s (%s) as the weights that its bytes are', async (name, type, path) => {
    await drop(name, type, { path });
    await estimated(name);
    expect(await text('#error')).toBe('');
    expect(await page.$eval('#model', (select) => (select as HTMLSelectElement).value)).toBe('midas-v2.1-small');
    const file = await nextDownload(page, chromium.downloads, () => page.click('[data-format=npy]'));
    expect(farthest(Float32Array.from(decodeNpy(await readFile(file)).data), expected)).toBeLessThanOrEqual(1e-4);
  });

  it('takes an index and the files that it lists as weights, in any order, and says which is missing', async () => {
    const [first, second] = [0, 1].map((i) => [`half-${i}.safetensors`, { path: `/half-${i}` }] as const);
    const index = ['model.json', { path: '/index' }] as const;
    await dropAll([index, first!]);
    await refused();
    expect(await text('#error')).toMatch(/^model\.json lists half-1\.safetensors, which is not here/);
    await dropAll([second!, index, first!]);
    await estimated('model.json');
    expect(await text('#error')).toBe('');
    const file = await nextDownload(page, chromium.downloads, () => page.click('[data-format=npy]'));
    expect(farthest(Float32Array.from(decodeNpy(await readFile(file)).data), expected)).toBeLessThanOrEqual(1e-4);
  });

  it.each(['picture.pt', 'picture'])('takes %s as the picture that its bytes are', async (name) => {
    await drop(name, '', { path: '/picture.png' });
    await page.waitForFunction(
      (of) => document.querySelector('#picture-caption')?.textContent === of,
      {},
      `${name} · 96 × 64`,
    );
    await waitForMap(page, PICTURE.width, PICTURE.height);
  });

  it.each([
    ['notes.txt', 'text/plain'],
    ['notes.pt', ''],
    ['notes.safetensors', ''],
  ])('refuses the text %s in words, and changes nothing', async (name, type) => {
    const caption = await text('#picture-caption');
    const before = await page.$eval('#picture', (image) => (image as HTMLImageElement).src);
    await drop(name, type, { text: 'Nothing but words.' });
    await refused();
    expect(await text('#error')).toBe(
      `${name} is neither a picture that this browser can decode nor weights (safetensors, or a PyTorch file).`,
    );
    const image = await page.$eval('#picture', (element) => {
      const { src, naturalWidth, complete } = element as HTMLImageElement;
      return { src, naturalWidth, complete };
    });
    expect(image).toEqual({ src: before, naturalWidth: PICTURE.width, complete: true });
    expect(await text('#picture-caption')).toBe(caption);
    expect(await text('#map-caption')).toBe('Depth map · 96 × 64');
  });

  it('refuses texts that are dropped together, and leaves them aside beside a picture', async () => {
    const [first, second] = ['a', 'b'].map((name) => [`${name}.txt`, { text: 'Nothing but words.' }] as const);
    await dropAll([first!, second!]);
    await refused();
    expect(await text('#error')).toBe('Your choice holds no picture, but 2 other files.');
    expect(await text('#strip-title')).toBe('Pictures of this page');
    await dropAll([first!, ['picture.png', { path: '/picture.png' }]]);
    await page.waitForFunction(() => document.querySelector('#strip-title')?.textContent !== 'Pictures of this page');
    expect(await text('#strip-title')).toBe('Your choice: 1 picture, and 1 other file left aside');
    await waitForMap(page, PICTURE.width, PICTURE.height);
    expect(await text('#error')).toBe('');
    await page.click('#strip-back');
  });

  it('plays a dropped video with its depth, and keeps the frame that it is stopped at', async () => {
    await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 96, height: 64 });
      const context = canvas.getContext('2d')!;
      const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
      const parts: Blob[] = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const ended = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.start();
      for (let i = 0; i < 8; i++) {
        context.fillStyle = `hsl(${40 * i} 80% 50%)`;
        context.fillRect(0, 0, 96, 64);
        context.clearRect(8 * i, 16, 24, 24);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      recorder.stop();
      await ended;
      const dataTransfer = new DataTransfer();
      // Its bytes say what it is.
      dataTransfer.items.add(new File(parts, 'clip.png', { type: 'image/png' }));
      // Of two that are dropped together the first plays.
      dataTransfer.items.add(new File(parts, 'another.webm', { type: 'video/webm' }));
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
    });
    await page.waitForFunction(
      () => /^(?!0\.0)\d+\.\d fps$/.test(document.querySelector('#fact-time')?.textContent ?? ''),
      { timeout: 60_000 },
    );
    expect([await text('#camera'), await text('#error')]).toEqual(['Stop video', '']);
    const disabled = await page.$$eval('#views :disabled', (all) =>
      all.map((input) => (input as HTMLInputElement).value),
    );
    expect(disabled).toEqual(['normals', 'compare', 'peer']);
    expect(await page.$eval('#view-map', (input) => (input as HTMLInputElement).checked)).toBe(true);
    await page.$eval('#view-parallax', (input) => (input as HTMLElement).click());
    await page.waitForSelector('#map-frame.drawn');
    const before = await frameOn(page);
    expect([before.width, before.height]).toEqual([96, 64]);
    await expect.poll(async () => apart(await frameOn(page), before), { timeout: 60_000 }).toBeGreaterThan(1);
    expect([await text('#camera'), await text('#error')]).toEqual(['Stop video', '']);
    await page.click('#camera');
    await page.waitForFunction(() => document.querySelector('#fact-time-name')?.textContent === 'Time');
    expect([await text('#camera'), await text('#picture-caption')]).toEqual(['Use camera', 'clip.png · 96 × 64']);
  });

  it('takes a dropped folder as its pictures, and says what else it holds', async () => {
    const folder = join(chromium.downloads, 'holiday');
    await mkdir(join(folder, 'day 2'), { recursive: true });
    const png = await encodePng({ ...PICTURE, channels: 4, data: new Uint8Array(PICTURE.data.buffer) });
    await Promise.all([
      ...['1.png', 'day 2/10.png', 'day 2/9.png'].map((name) => writeFile(join(folder, name), png)),
      copyFile(join(FIXTURES, 'heic/plain.heic'), join(folder, 'day 2/10.heic')),
      writeFile(join(folder, 'day 2/11.png'), 'nothing'),
      writeFile(join(folder, 'notes.txt'), 'Nothing but words.'),
    ]);
    const client = await page.createCDPSession();
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await client.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
    await client.detach();
    await page.waitForFunction(() => document.querySelector('#picture-caption')?.textContent === '1.png · 96 × 64');
    await waitForMap(page, PICTURE.width, PICTURE.height);
    expect(await text('#strip-title')).toBe('holiday: 5 pictures, and 1 other file left aside');
    const names = await page.$$eval('#strip-list button', (all) => all.map(({ ariaLabel }) => ariaLabel));
    expect(names).toEqual(['1.png', '9.png', '10.heic', '10.png', '11.png']);
    await page.click('#strip-list button[aria-label="10.png"]');
    await page.waitForFunction(() => document.querySelector('#picture-caption')?.textContent === '10.png · 96 × 64');
    await waitForMap(page, PICTURE.width, PICTURE.height);
    const pressed = '#strip-list button[aria-pressed=true]';
    expect(await page.$$eval(pressed, (all) => all.map(({ ariaLabel }) => ariaLabel))).toEqual(['10.png']);
  });

  const saved = () => textOf(page, '#save-folder');
  const clickSave = () => page.$eval('#save-folder', (button) => (button as HTMLElement).click());

  it('saves the maps of the folder at once, and names the pictures that could not be read', async () => {
    await page.select('#folder-format', 'npy');
    const path = await nextDownload(page, chromium.downloads, clickSave);
    expect(path).toBe(join(chromium.downloads, 'holiday-midas-v2.1-small.zip'));
    const zip = unzipSync(await readFile(path));
    const of = (stem: string) => `${stem}-midas-v2.1-small.npy`;
    expect(Object.keys(zip)).toEqual([of('1'), of('day 2/9'), of('day 2/10.heic'), of('day 2/10.png'), 'not-read.txt']);
    expect(new TextDecoder().decode(zip['not-read.txt'])).toMatch(/^day 2\/11\.png: 11\.png: 7 bytes .* decoded/);
    for (const name of [of('1'), of('day 2/10.png')])
      expect(farthest(Float32Array.from(decodeNpy(zip[name]!).data), expected)).toBeLessThanOrEqual(1e-4);
    expect(decodeNpy(zip[of('day 2/10.heic')]!).shape).toEqual([48, 64]);
    expect(await text('#status')).toBe('Saved holiday-midas-v2.1-small.zip: 4 maps. Not read: day 2/11.png.');
    expect(await saved()).toBe('Save all maps');
  });

  it('stops saving when it is cancelled, and goes back to the pictures of the page', async () => {
    await clickSave();
    await page.waitForFunction(() => document.querySelector('#progress-text')?.textContent?.startsWith('Depth of'));
    expect(await saved()).toBe('Cancel saving');
    await clickSave();
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Cancelled.');
    expect(await saved()).toBe('Save all maps');
    await page.click('#strip-back');
    expect(await page.$('#save-folder').then((button) => button!.isVisible())).toBe(false);
    const pressed = '#strip-list button[aria-pressed=true]';
    expect(await page.$$(pressed)).toEqual([]);
    expect(await page.$$('#strip-list button[aria-label="10.png"]')).toEqual([]);
  });

  it('shows the picture that was asked for last, whichever arrives last', async () => {
    await page.evaluate(() => {
      const { fetch } = window;
      const late = new Promise<void>((resolve) => (window.arrive = resolve));
      window.fetch = async (...of) => {
        window.fetch = fetch;
        await late;
        return fetch(...of);
      };
    });
    await page.$eval('#strip-list button[aria-label="Room"]', (button) => (button as HTMLElement).click());
    await drop('newer.png', 'image/png', { path: '/picture.png' });
    const is = () => document.querySelector('#picture-caption')?.textContent === 'newer.png · 96 × 64';
    await page.waitForFunction(is);
    await page.evaluate(() => window.arrive());
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
    expect(await page.evaluate(is)).toBe(true);
    expect(await page.$$('#strip-list button[aria-pressed=true]')).toEqual([]);
    await waitForMap(page, PICTURE.width, PICTURE.height);
    await page.waitForSelector('#map-frame.drawn');
  });

  it('refuses a text that is chosen as weights with the reason of the library', async () => {
    const input = (await page.$('#weights-file'))!.toElement('input');
    await page.evaluate(
      (element) => {
        const chosen = new DataTransfer();
        chosen.items.add(new File(['<!doctype html><title>Sign in</title>'], 'model.pt'));
        element.files = chosen.files;
        element.dispatchEvent(new Event('change'));
      },
      await input,
    );
    await refused();
    expect(await text('#error')).toMatch(/^model\.pt: received text\/html, not weights/);
  });
});

describe('HEIC pictures, which Chromium does not decode', () => {
  const HEIC = ['plain', 'ten_bits', 'burst', 'rotated', 'noted'];
  const asked: string[] = [];
  const reader = () => asked.filter((url) => /\/heif(?:_worker)?-/.test(url));
  /** The picture on show, of 64x48, in a colour space. */
  const pictureIn = (colorSpace: PredefinedColorSpace) =>
    page.$eval(
      '#picture',
      (image, space) => {
        const context = new OffscreenCanvas(64, 48).getContext('2d', { colorSpace: space })!;
        context.drawImage(image as HTMLImageElement, 0, 0);
        return [...context.getImageData(0, 0, 64, 48, { colorSpace: space }).data];
      },
      colorSpace,
    );
  beforeAll(async () => {
    for (const name of HEIC) files.add(`/${name}.heic`, await readFile(join(FIXTURES, 'heic', `${name}.heic`)));
    page.on('request', (request) => void asked.push(request.url()));
    await open('');
  });

  it.each(HEIC)('are read by what is fetched for them, upright and the primary one: %s', async (name) => {
    if (name === HEIC[0]) expect(reader()).toEqual([]);
    await drop(`${name}.HEIC`, '', { path: `/${name}.heic` });
    await page.waitForFunction(
      (of) => document.querySelector('#picture-caption')?.textContent === of,
      {},
      `${name}.HEIC · 64 × 48`,
    );
    await waitForMap(page, 64, 48);
    const { data } = await decodeHeif(await readFile(join(FIXTURES, 'heic', `${name}.heic`)));
    const farthestLevel = (pixels: number[]) => Math.max(...pixels.map((value, i) => Math.abs(value - data[i]!)));
    const is = name === 'noted' ? 'display-p3' : 'srgb';
    expect(farthestLevel(await pictureIn(is)), 'as stored').toBeLessThanOrEqual(1);
    if (name === 'noted') expect(farthestLevel(await pictureIn('srgb')), 'seen with its profile').toBeGreaterThan(10);
    expect(reader().filter((url) => /heif_worker/.test(url))).toHaveLength(1 + HEIC.indexOf(name));
  });

  it('and JPEG give the angle of view by their EXIF data, and the page says so', async () => {
    // 27 mm on film of 36, of the longer side: 64 pixels.
    const words = 'The picture spans 67.4° from side to side, by the focal length in its EXIF data.';
    expect(await text('#assumptions')).toContain(words);
    const jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#456' } })
      .withExif({ IFD2: { FocalLengthIn35mmFilm: '27' } })
      .jpeg()
      .toBuffer();
    files.add('/exif.jpg', jpeg);
    await drop('exif.jpg', 'image/jpeg', { path: '/exif.jpg' });
    await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Depth estimated'));
    expect(await text('#picture-caption')).toBe('exif.jpg · 64 × 48');
    expect(await text('#assumptions')).toContain(words);
    await drop('noted.HEIC', '', { path: '/noted.heic' });
    await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Depth estimated'));
  });

  it('that are damaged are refused in words, and the picture before stays', async () => {
    const bytes = await readFile(join(FIXTURES, 'heic/plain.heic'));
    files.add('/cut.heic', bytes.subarray(0, 400));
    await drop('cut.heic', 'image/heic', { path: '/cut.heic' });
    await refused();
    expect(await text('#error')).toMatch(/^cut\.heic: cannot be decoded as HEIC \(Invalid input/);
    expect(await text('#picture-caption')).toBe('noted.HEIC · 64 × 48');
  });
});

describe('a model that gives metres by the focal length of a picture, and tells its sky', () => {
  const size = { width: 96, height: 72 };
  /** 27 mm on film of 36, of the longer side. */
  const ANGLE = (360 / Math.PI) * Math.atan(18 / 27);
  let map: Float32Array;
  let pixels: Uint8Array;
  const title = 'Depth Anything 3 metric large';
  const lens = 'The picture spans 67.4° from side to side, by the focal length in its EXIF data.';
  const click = (selector: string) => page.$eval(selector, (element) => (element as HTMLElement).click());
  const save = async (format: string) =>
    readFile(await nextDownload(page, chromium.downloads, () => click(`[data-format=${format}]`)));
  const at = (u: number, v: number) => map[Math.floor(v * size.height) * size.width + Math.floor(u * size.width)]!;
  const mouse = async (u: number, v: number) => {
    await page.evaluate(() => scrollTo(0, 0));
    const { x, y, width, height } = (await (await page.$('#map-frame'))!.boundingBox())!;
    return [x + u * width, y + v * height] as const;
  };

  it('takes them by the EXIF data, as the library does in Node', async () => {
    const { png } = await smallPicture(join(ROOT, 'demo/public/sample.jpg'), size.width, size.height);
    const jpeg = await sharp(png)
      .withExif({ IFD2: { FocalLengthIn35mmFilm: '27' } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    pixels = new Uint8Array(await sharp(jpeg).ensureAlpha().raw().toBuffer());
    const weights = tinyMetricWeights();
    files.add('/phone.jpg', jpeg).add('/metric', weights);
    await page.setViewport({ width: 1280, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(
      `${served.url}?model=depth-anything-3-metric-large&weights=/metric&image=/phone.jpg&size=98&view=map`,
    );
    await waitForMap(page, size.width, size.height);
    map = Float32Array.from(decodeNpy(await save('npy')).data);
    const model = await loadDepthModel(weights, {
      device: (await testGpu()).device,
      model: 'depth-anything-3-metric-large',
    });
    const truth = await model.estimate({ data: pixels, ...size }, { inputSize: 98, focalLength: (27 / 36) * 96 });
    // Two decoders of JPEG.
    expect(farthest(map, await truth.read())).toBeLessThan(0.02);
    truth.dispose();
    model.dispose();
  });

  it('says them under the pointer and at the ends of its scale, and what they take for granted', async () => {
    await page.mouse.move(...(await mouse(0.7, 0.6)));
    expect(await text('#readout')).toBe(`(67, 43) ${at(0.7, 0.6).toFixed(2)} m`);
    const ends = [Math.max(...map), Math.min(...map)].map((metres) => metres.toFixed(2));
    expect([await text('#scale-far'), await text('#scale-near')]).toEqual([`far ${ends[0]} m`, `${ends[1]} m near`]);
    expect(await text('#model-kind')).toContain('Depth in metres');
    expect(await text('#assumptions')).toBe(
      `${title} gives metres along the camera’s axis, as far as it learned them from pictures like this one. ${lens} ` +
        'The metres go by that.',
    );
  });

  it('measures between two points, as triangles have it', async () => {
    await page.click('#measure');
    await page.waitForFunction(() => document.querySelector('#measured')?.textContent?.startsWith('Click the first'));
    const ends = [
      [0.25, 0.75],
      [0.7, 0.3],
    ] as const;
    for (const [u, v] of ends) {
      const before = await text('#measured');
      await page.mouse.click(...(await mouse(u, v)));
      await page.waitForFunction((old) => document.querySelector('#measured')?.textContent !== old, {}, before);
    }
    // A pinhole: what lies u of the width from the left at a distance of z is (u - 1/2)·z·36/27 to the right.
    const [a, b] = ends.map(([u, v]) => {
      const z = at(u, v);
      return [((u - 0.5) * z * 36) / 27, ((v - 0.5) * z * 27) / 27, z] as const;
    }) as [readonly [number, number, number], readonly [number, number, number]];
    const [, length, ...distances] =
      /^([\d.]+) m between the points, ([\d.]+) m and ([\d.]+) m away, by Depth Anything 3 metric large and/.exec(
        await text('#measured'),
      )!;
    expect(distances).toEqual([a[2].toFixed(2), b[2].toFixed(2)]);
    // A click is at a whole pixel of the screen.
    expect(Math.abs(Number(length) - Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]))).toBeLessThan(0.02);
    expect(await text('#measured')).toMatch(/ of 67\.4°\.$/);
    await click('#measure');
  });

  it('leaves its sky out of the mesh and of files, where that is chosen, and says so in the link', async () => {
    await click('#view-mesh');
    const kept = await nextFrame(page);
    const visible = (selector: string) => page.$eval(selector, (element) => element.checkVisibility());
    expect([await visible('#option-sky'), await visible('#option-far')]).toEqual([true, false]);
    const points = async () => Number(/element vertex (\d+)/.exec((await save('ply')).toString('latin1', 0, 400))![1]);
    const all = await points();
    await page.select('#option-sky', 'out');
    const frame = await nextFrame(page, kept);
    const solid = await points();
    const model = await loadDepthModel(tinyMetricWeights(), {
      device: (await testGpu()).device,
      model: 'depth-anything-3-metric-large',
    });
    const truth = await model.estimate({ data: pixels, ...size }, { inputSize: 98, focalLength: (27 / 36) * 96 });
    const sky = (await truth.sky!.read()).filter((value) => value >= 0.5).length;
    expect(sky).toBeGreaterThan(500);
    expect(all).toBe(96 * 72);
    // Two decoders of JPEG.
    expect(Math.abs(all - solid - sky)).toBeLessThan(0.02 * sky);
    const seen = async (withoutSky: boolean) => {
      const scene = await createScene(truth, { data: pixels, ...size }, { withoutSky, fieldOfView: ANGLE });
      const view = await createView(scene, { fill: false });
      const drawn = await view.read({ yaw: 12, pitch: 6, zoom: 0.9 });
      view.dispose();
      scene.dispose();
      return drawn;
    };
    expect(apart(frame, await seen(true))).toBeLessThan(6);
    expect(apart(kept, await seen(false))).toBeLessThan(6);
    expect(apart(frame, await seen(false))).toBeGreaterThan(12);
    truth.dispose();
    model.dispose();
    await page.waitForFunction(() => location.hash.includes('sky=out'));
    await click('#view-map');
  });

  it('asks for the angle of view where a picture has no such data, and takes it', async () => {
    await drop('other.png', 'image/png', { path: '/picture.png' });
    await refused();
    expect(await text('#error')).toBe(
      `${title} gives metres only where the focal length is known. This picture has none in its EXIF data. ` +
        'Set Angle of view, in 3-D, to what its camera saw from side to side.',
    );
    expect(await page.$eval('#measure', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await click('#view-parallax');
    expect(await page.$eval('#option-angle', (dial) => dial.checkVisibility())).toBe(true);
    await page.$eval('#option-angle', (dial) => {
      (dial as HTMLInputElement).value = '90';
      for (const type of ['input', 'change']) dial.dispatchEvent(new Event(type, { bubbles: true }));
    });
    await page.waitForFunction(() => document.querySelector('#error')?.textContent === '');
    await waitForMap(page, PICTURE.width, PICTURE.height);
    const shown = decodeNpy(await save('npy')).data;
    const model = await loadDepthModel(tinyMetricWeights(), {
      device: (await testGpu()).device,
      model: 'depth-anything-3-metric-large',
    });
    // Half the width is as far away as the picture, at 90°.
    const truth = await model.estimate(PICTURE, { inputSize: 98, focalLength: PICTURE.width / 2 });
    expect(farthest(Float32Array.from(shown), await truth.read())).toBeLessThanOrEqual(1e-4);
    truth.dispose();
    model.dispose();
    expect(await text('#assumptions')).toContain(
      'The picture is taken to span 90° from side to side, which nothing in it says. The metres go by that.',
    );
    expect(await page.$eval('#measure', (button) => (button as HTMLButtonElement).disabled)).toBe(false);
    await page.waitForFunction(() => location.hash.includes('angle=90'));
    await click('#view-map');
    expect(await page.$eval('#option-angle', (dial) => dial.checkVisibility())).toBe(true);
  });
});

describe.skipIf(!canFilm)('a video file', () => {
  const at = (name: string) => join(chromium.downloads, name);

  it('of sound alone is refused in words', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'sine=duration=0.3', '-c:a', 'aac', at('sound.mp4'));
    const input = await (await page.$('#picture-file'))!.toElement('input');
    await input.uploadFile(at('sound.mp4'));
    await page.waitForFunction(() => document.querySelector('#error')?.textContent?.startsWith('sound.mp4 '));
    expect(await text('#error')).toBe('sound.mp4 cannot be played as a video by this browser.');
    expect((await (await page.$('#depth-video'))?.isVisible()) ?? false).toBe(false);
  });
});

it('leaves the console empty', () => expect(watch.complaints).toEqual([]));

declare global {
  interface Window {
    arrive: () => void;
  }
}
