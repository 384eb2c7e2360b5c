import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/depth/formats/png.js';
import { checkpointTensors } from '../models/fixtures.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { openPage, startChromium, type Chromium } from './chromium.js';
import { midasWeights } from './midas.js';
import { ServedFiles, serveSource, type Served } from './servers.js';

let chromium: Chromium;
let served: Served;
let files: ServedFiles;
let slowEnded: Promise<void>;

beforeAll(async () => {
  const weights = midasWeights('F16');
  files = new ServedFiles()
    .add(
      '/picture.png',
      await encodePng({ width: 64, height: 48, channels: 3, data: seededPicture('message', 48, 64) }),
    )
    .add('/anything.safetensors', seededCheckpoint(checkpointTensors('depth-anything-small'), 'F16'))
    .add('/text.safetensors', new TextEncoder().encode('<!doctype html><title>Sign in</title>'.padEnd(4096)));
  slowEnded = new Promise((resolve) => {
    files.answer('/slow.safetensors', (response) => {
      response.setHeader('content-length', weights.length);
      response.write(weights.subarray(0, 2_000_000));
      response.on('close', resolve);
    });
  });
  [chromium, served] = await Promise.all([startChromium(), serveSource(files)]);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

async function open(
  query: string,
  prepare?: (page: Page) => Promise<unknown>,
): Promise<{ page: Page; complaints: string[]; origins: Set<string>; text: (selector: string) => Promise<string> }> {
  const { page, watch } = await openPage(chromium.browser);
  await prepare?.(page);
  await page.goto(`${served.url}${query}`);
  const text = (selector: string) =>
    page.$eval(selector, (element) => (element as HTMLElement).innerText.replace(/\s+/g, ' ').trim());
  return { page, ...watch, text };
}

describe('the demo, from source', () => {
  it('says plainly that a browser has no WebGPU', async () => {
    const { page, complaints, text } = await open('', (fresh) =>
      fresh.evaluateOnNewDocument(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      }),
    );
    await page.waitForSelector('#unsupported:not([hidden])');
    expect(await text('#unsupported')).toMatch(
      /^This page needs WebGPU This browser does not offer WebGPU, .* caniuse\.com\/webgpu lists which\./,
    );
    expect(await page.$$eval('#controls, #stage', (parts) => parts.every((part) => (part as HTMLElement).hidden))).toBe(
      true,
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says plainly that there is no adapter', async () => {
    const { page, text } = await open('', (fresh) =>
      fresh.evaluateOnNewDocument(() => {
        GPU.prototype.requestAdapter = async () => null;
      }),
    );
    await page.waitForSelector('#unsupported:not([hidden])');
    expect(await text('#unsupported-reason')).toBe('This browser knows WebGPU, but found no GPU that it can use.');
    await page.close();
  });

  it(
    'begins with a picture and a model of its own, names the better ones, and fetches ' + 'nothing from elsewhere',
    async () => {
      const asked = files.requests.length;
      const { page, complaints, origins, text } = await open('');
      const drawn = () => document.querySelector('#map-caption')?.textContent === 'Depth map · 768 × 576';
      await page.waitForFunction(drawn);
      expect(await text('#picture-caption')).toBe('sample.jpg · 768 × 576');
      expect(await page.$eval('#model', (select) => (select as HTMLSelectElement).value)).toBe('nano');
      expect(await text('#weights-hint')).toMatch(
        /^Small, and part of this page\. Better, after a download: Depth Anything V2 small, or one of \d more\.$/,
      );
      expect(files.requests).toHaveLength(asked);
      expect([[...origins], complaints]).toEqual([[new URL(served.url).origin], []]);
      await page.close();
    },
  );

  it('says which models a file could be when the one chosen is none of them', async () => {
    const { page, text } = await open('?image=/picture.png&weights=/anything.safetensors');
    await page.waitForSelector('#error:not([hidden])');
    expect(await text('#error')).toMatch(
      /tensors do not say which of depth-anything-v2-small, .* it is\. Name the model\./,
    );
    await page.close();
  });

  it('asks for consent before weights with restricted terms', async () => {
    const { page, text } = await open('?model=depth-anything-v2-large');
    await page.waitForSelector('#picture:not([hidden])');
    expect(await text('#licence')).toBe('CC-BY-NC-4.0');
    // Of a branch of the hub, which is kept by the commit that it means.
    expect(await text('#weights-hint')).toBe('Published weights, downloaded once and kept by the browser.');
    await page.click('#estimate');
    expect(await text('#status')).toBe('Tick the box to accept the licence of Depth Anything V2 large.');
    expect(await page.$eval('#accept', (box) => (box as HTMLInputElement).checkVisibility())).toBe(true);
    await page.close();
  });

  it.each([
    ['?model=midas-v2.1-small&image=/picture.png&weights=/missing.safetensors', /404/],
    [
      '?model=midas-v2.1-small&image=/picture.png&weights=/text.safetensors',
      /text\.safetensors: received text\/html, not weights/,
    ],
    ['?image=/missing.png', /missing\.png could not be fetched: the server answered 404/],
    ['?model=no-such-model', /There is no model called “no-such-model”/],
  ])('puts what goes wrong into words: %s', async (query, words) => {
    files.answer('/missing.safetensors', notFound).answer('/missing.png', notFound);
    const { page, text } = await open(query);
    await page.waitForSelector('#error:not([hidden])');
    expect(await text('#error')).toMatch(words);
    await page.close();
  });

  it('shows how far the weights have come, and stops when told to', async () => {
    const { page, complaints, text } = await open(
      '?model=midas-v2.1-small&image=/picture.png&weights=/slow.safetensors',
    );
    await page.waitForFunction(() => document.querySelector('#progress-text')?.textContent?.includes('2.0 of'));
    expect(await text('#progress-text')).toBe('Downloading the weights: 2.0 of 42.8 MB');
    expect(await page.$eval('#progress', (bar) => (bar as HTMLProgressElement).value)).toBeCloseTo(2 / 42.8, 2);
    await page.click('#cancel');
    await slowEnded;
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Cancelled.');
    expect(await page.$eval('#progress-row', (row) => (row as HTMLElement).hidden)).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

function notFound(response: import('node:http').ServerResponse): void {
  response.statusCode = 404;
  response.end();
}
