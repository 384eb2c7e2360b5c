import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer';
// @ts-expect-error plain JavaScript, so that it runs before anything is installed
import { findChromium } from '../../tools/setup/browser.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** WebGPU on SwiftShader, the one adapter every machine has; and a camera that shows a test picture. */
const FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan,WebGPU',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
  '--ignore-gpu-blocklist',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/**
 * The compositor on SwiftShader too: without it a canvas that WebGPU draws on loses the device. Not for every page: the
 * demo's camera and the library's video sources fail with it.
 */
export const PRESENTING = ['--use-angle=swiftshader'];

/** A Chromium with a profile of its own. */
export interface Chromium {
  readonly browser: Browser;
  /** Folder that downloads arrive in. */
  readonly downloads: string;
  close(): Promise<void>;
}

/** Starts Chromium. Without one the test fails: `npm test` installs it. */
export async function startChromium(flags: readonly string[] = []): Promise<Chromium> {
  const executablePath = findChromium(ROOT) as string | undefined;
  if (!executablePath) throw new Error('There is no Chromium; node tools/setup/setup.mjs --chromium installs one.');
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-e2e-'));
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    userDataDir: join(folder, 'profile'),
    args: [...FLAGS, ...flags],
    protocolTimeout: 240_000,
  });
  return {
    browser,
    downloads: join(folder, 'downloads'),
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What a page complained about, and where it sent requests to. */
export interface Watch {
  readonly complaints: string[];
  readonly origins: Set<string>;
}

/** A new page whose errors, warnings and requests are written down. */
export async function openPage(browser: Browser): Promise<{ page: Page; watch: Watch }> {
  const page = await browser.newPage();
  const watch: Watch = { complaints: [], origins: new Set() };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn')
      watch.complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => watch.complaints.push(`uncaught: ${(error as Error).message}`));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http')) watch.origins.add(origin);
  });
  return { page, watch };
}
