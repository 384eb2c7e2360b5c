import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'puppeteer';
import { encodePng } from '../../src/depth/formats/png.js';
import { loadDepthModel } from '../../src/index.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';
import { openPage, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { opaque } from '../e2e/midas.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';

const PICTURE = { width: 96, height: 64, data: opaque(seededPicture('lens', 64, 96)) };
const INPUT_SIZE = 98;
const MODEL = 'depth-anything-3-small';

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;
let degrees: number;

beforeAll(async () => {
  const png = await encodePng({ ...PICTURE, channels: 4, data: new Uint8Array(PICTURE.data.buffer) });
  const tensors = checkpointTensors(MODEL).filter(({ name }) => !/cam_enc|_aux/.test(name));
  const weights = seededCheckpoint(tensors, 'F16');
  const files = new ServedFiles().add('/picture.png', png).add('/weights.safetensors', weights);
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files)]);
  ({ page, watch } = await openPage(chromium.browser));
  const model = await loadDepthModel(weights, { device: (await testGpu()).device, precision: 'f32' });
  degrees = (await (await model.estimate(PICTURE, { inputSize: INPUT_SIZE })).fieldOfView())!;
  model.dispose();
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

const address = () =>
  `${served.url}?image=/picture.png&size=${INPUT_SIZE}&view=mesh&model=${MODEL}&weights=/weights.safetensors`;
const angle = () => page.$eval('#option-angle', (dial) => (dial as HTMLInputElement).valueAsNumber);
const estimate = async () => {
  await page.evaluate(() => (document.querySelector('#status')!.textContent = ''));
  await page.click('#estimate');
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.startsWith('Depth estimated'));
};

describe('the page, with a model that estimates the field of view', () => {
  it('takes its angle where nothing else is known, and says so', async () => {
    await page.goto(address());
    await waitForMap(page, PICTURE.width, PICTURE.height);
    const words = /The picture spans ([\d.]+)° from side to side, as the model estimates it\./;
    const [, said] = words.exec(await textOf(page, '#assumptions'))!;
    expect(Math.abs(Number(said) - degrees)).toBeLessThan(0.3);
    // The dial has whole degrees.
    expect(Math.abs((await angle()) - degrees)).toBeLessThan(1);
    expect(await page.evaluate(() => location.hash)).not.toContain('angle');
  });

  it('leaves an angle that was chosen', async () => {
    await page.$eval('#option-angle', (dial) => {
      (dial as HTMLInputElement).value = '45';
      // As a dial that is moved and let go.
      for (const type of ['input', 'change']) dial.dispatchEvent(new Event(type, { bubbles: true }));
    });
    await estimate();
    expect(await textOf(page, '#assumptions')).toContain('is taken to span 45° from side to side, which nothing in it');
    expect(await angle()).toBe(45);
  });

  it('takes 60° again where another model does not say', async () => {
    await page.goto(address());
    await waitForMap(page, PICTURE.width, PICTURE.height);
    expect(await textOf(page, '#assumptions')).toContain('as the model estimates it');
    await page.select('#model', 'nano');
    await estimate();
    expect(await textOf(page, '#assumptions')).toContain('is taken to span 60° from side to side, which nothing in it');
    expect(await angle()).toBe(60);
    expect(watch.complaints).toEqual([]);
  });
});
