import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';
// @ts-expect-error plain JavaScript, so that it runs before anything is installed
import { findFirefox } from '../../tools/setup/firefox.mjs';
import { ROOT } from './chromium.js';

/** WebGPU on any adapter, and a camera that shows a test picture. */
const PREFERENCES = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
};

/** A Firefox with a profile of its own. */
export interface Firefox {
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Path of Firefox, where there is one that starts. */
export const firefoxPath = findFirefox(ROOT) as string | undefined;

/** Starts Firefox. */
export async function startFirefox(): Promise<Firefox> {
  if (!firefoxPath) throw new Error('There is no Firefox; node tools/setup/setup.mjs --firefox installs one.');
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath,
    headless: true,
    userDataDir: folder,
    extraPrefsFirefox: PREFERENCES,
    protocolTimeout: 900_000,
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
