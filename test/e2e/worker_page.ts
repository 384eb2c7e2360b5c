import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { transformWithOxc } from 'vite';
import type * as Library from '../../src/index.js';
import type * as InWorker from '../../src/worker/index.js';
import { openPage, ROOT, startChromium, type Watch } from './chromium.js';
import type * as Streams from './page/streams.js';
import { ServedFiles, serveLibrary, type Served } from './servers.js';

/** What the page holds: both doors of the library, what it streams, and a picture; and of tests, nano behind both. */
declare global {
  interface Window {
    library: typeof Library;
    inWorker: typeof InWorker;
    streams: typeof Streams;
    photo: HTMLImageElement;
    here: Library.DepthModel;
    there: InWorker.WorkerDepthModel;
  }
}

export const NANO = './nano.safetensors';
const PAGE = `<!doctype html><meta charset="utf-8" /><script type="module" src="./page.js"></script>`;
const PAGE_SCRIPT = `
import * as library from './index.js';
import * as inWorker from './worker.js';
import * as streams from './streams.js';
const photo = Object.assign(new Image(), { src: './photo.jpg' });
await photo.decode();
Object.assign(window, { library, inWorker, streams, photo });`;

/** A page that has the library as it is published. */
export interface WorkerPage {
  readonly page: Page;
  readonly watch: Watch;
  readonly served: Served;
  close(): Promise<void>;
}

/** @param name of a folder for the library, which goes when the page closes */
export async function openWorkerPage(name: string, files = new ServedFiles()): Promise<WorkerPage> {
  const script = async (path: string) => (await transformWithOxc(await readFile(path, 'utf8'), path)).code;
  const scripts = { '/page.js': PAGE_SCRIPT, '/streams.js': await script(join(ROOT, 'test/e2e/page/streams.ts')) };
  files
    .add('/nano.safetensors', await readFile(join(ROOT, 'models/nano.safetensors')))
    .add('/photo.jpg', await readFile(join(ROOT, 'demo/public/sample.jpg')))
    .answer('/page.html', (response) => response.setHeader('content-type', 'text/html').end(PAGE));
  for (const [path, text] of Object.entries(scripts))
    files.answer(path, (response) => response.setHeader('content-type', 'text/javascript').end(text));
  const [chromium, served] = await Promise.all([startChromium(), serveLibrary(files, name)]);
  const close = async () => {
    await chromium.close();
    await served.close();
  };
  const { page, watch } = await openPage(chromium.browser);
  await page.goto(new URL('page.html', served.url).href);
  await page.waitForFunction(() => 'photo' in window);
  return { page, watch, served, close };
}
