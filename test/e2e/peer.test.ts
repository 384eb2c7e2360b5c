import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEER } from '../../demo/peer_library.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from './chromium.js';
import { textOf } from './demo_page.js';
import { serveStandIn, type PeerPath, type StandInServer } from './peer_stand_in.js';
import { BUILT_PAGE, serveBuilt, ServedFiles, type Served } from './servers.js';

let chromium: Chromium;
let served: Served;
let peer: StandInServer;
let page: Page;
let watch: Watch;
/** Code that the worker runs before its own. */
let beforeWorker = '';

beforeAll(async () => {
  peer = await serveStandIn();
  const files = new ServedFiles();
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files, peer.peer)]);
  const worker = (await readdir(join(BUILT_PAGE, 'assets'))).find((name) => name.startsWith('peer_worker-'))!;
  const code = await readFile(join(BUILT_PAGE, 'assets', worker), 'utf8');
  files.answer(`/assets/${worker}`, (response) => {
    response.setHeader('content-type', 'text/javascript');
    response.end(beforeWorker + code);
  });
  ({ page, watch } = await openPage(chromium.browser));
  // It would keep the worker's script.
  await page.evaluateOnNewDocument(() => delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker);
  // A model that waits for its weights: the page computes nothing of its own.
  await page.goto(`${served.url}?model=midas-v2.1-small&view=peer`);
  await page.waitForSelector('#peer-start');
});
afterAll(async () => {
  await chromium?.close();
  await Promise.all([served?.close(), peer?.close()]);
});

/** What the page says went wrong once it is asked to compare. */
async function failure(): Promise<string> {
  await page.$eval('#error', (error) => (error.textContent = ''));
  await page.click('#peer-start');
  await page.waitForFunction(() => document.querySelector('#error')?.textContent !== '');
  await page.waitForFunction(() => document.querySelector<HTMLElement>('#peer-stop')?.hidden);
  return textOf(page, '#error');
}

/** The same, where a file is answered otherwise; status 0 breaks the connection off. */
async function failureOf(path: PeerPath, status: number, body = ''): Promise<string> {
  peer.faults.set(path, (response) => (status === 0 ? response.destroy() : response.writeHead(status).end(body)));
  const words = await failure();
  peer.faults.clear();
  return words;
}

describe('A/B beside another library', () => {
  it('says what would be downloaded and from where, and fetches nothing of it', async () => {
    const offer = await textOf(page, '#peer');
    const host = new URL(peer.url).host;
    expect(offer).toContain(`transformers.js 4.3.1 with ONNX Runtime Web, from ${host}:`);
    expect(offer).toContain(`someone/depth from ${host}: 99.1 MB.`);
    expect(offer).toContain('Your picture stays on this machine.');
    expect(await textOf(page, '#peer-start')).toBe('Download 198.2 MB and compare');
    expect(peer.requests).toEqual([]);
    expect(watch.complaints).toEqual([]);
  });

  it('is laid out by its own styles', async () => {
    await page.waitForFunction(() => getComputedStyle(document.querySelector('#peer')!).display === 'grid');
  });

  it('starts and cancels by the keyboard, which keeps its place', async () => {
    peer.faults.set('/weights', () => undefined);
    await page.focus('#peer-start');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#peer-stop:focus');
    while (!peer.requests.includes('/weights')) await page.evaluate(() => new Promise((r) => setTimeout(r, 50)));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#peer-start:focus');
    peer.faults.clear();
    expect(await textOf(page, '#status')).toBe('Cancelled.');
    expect(await textOf(page, '#error')).toBe('');
    expect(page.workers()).toEqual([]);
  });

  it('says which part could not be had, or is another one', async () => {
    const host = new URL(peer.url).host;
    expect(await failureOf('/script.js', 503)).toBe(
      `transformers.js: script.js could not be fetched: ${host} answered 503.`,
    );
    expect(await failureOf('/runtime.wasm', 200, 'wasn')).toBe(
      `transformers.js: runtime.wasm from ${host} is not the file that was published, and is not run.`,
    );
    expect(await failureOf('/weights', 404)).toBe(
      `transformers.js: The network from ${host} (someone/depth) could not be opened: ` +
        'Could not locate file: "onnx/model.onnx".',
    );
    expect(await failureOf('/factory.mjs', 0)).toBe(
      `transformers.js: factory.mjs could not be fetched from ${host}: there is no network, or it is blocked.`,
    );
    expect(page.workers()).toEqual([]);
  });

  it('says that the worker has no WebGPU', async () => {
    beforeWorker = "Object.defineProperty(navigator, 'gpu', { value: undefined });";
    const before = peer.requests.length;
    expect(await failure()).toBe('transformers.js: This browser has no WebGPU in workers, where transformers.js runs.');
    expect(peer.requests).toHaveLength(before);
    beforeWorker = "throw new Error('out of order');";
    expect(await failure()).toMatch(/^The worker of transformers\.js failed\. .*out of order$/);
    beforeWorker = '';
  });

  it('asks other origins for nothing from the page itself', () => {
    expect([...watch.origins].sort()).toEqual([served.url, peer.url].map((url) => new URL(url).origin).sort());
  });
});

describe('the pinned files of the peer', () => {
  it('are of the versions that the bench is locked to', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'bench/peers/package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>;
    };
    const versionOf = (name: string) => lock.packages[`node_modules/@huggingface/transformers${name}`]?.version;
    expect(PEER.version).toBe(versionOf(''));
    expect(PEER.revision).toMatch(/^[\da-f]{40}$/);
    expect(PEER.script.url).toContain(`/@huggingface/transformers@${PEER.version}/`);
    for (const { url } of [PEER.factory, PEER.wasm])
      expect(url).toContain(`/onnxruntime-web@${versionOf('/node_modules/onnxruntime-web')}/`);
    for (const { sha384 } of [PEER.script, PEER.factory, PEER.wasm]) expect(sha384).toMatch(/^[\w+/]{64}$/);
  });
});
