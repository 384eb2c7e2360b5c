// Everything between a fresh clone and a working tool or test suite. Needs Node alone, and takes next to no time when
// nothing is missing.   node tools/setup/setup.mjs [--chromium] [--firefox]
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setUpAdapter } from './adapter.mjs';
import { setUpChromium } from './browser.mjs';
import { setUpBundle } from './bundle.mjs';
import { setUpFfmpeg } from './ffmpeg.mjs';
import { setUpFirefox } from './firefox.mjs';
import { setUpNullDevice } from './null_device.mjs';
import { setUpPackages } from './packages.mjs';
import { say, SetupError } from './step.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Packages always; with `tool` the built command-line tool and a Vulkan driver, with `chromium` or `firefox` a
 * browser, with `ffmpeg` what reads videos, with `nullDevice` what compiles for chips that are not there. Each only
 * where it is missing. Ends the process with exit code 2 where a step cannot be done, saying which and what to run;
 * goes on without a Firefox that is only wanted, and without ffmpeg.
 * @param {{ tool?: boolean, chromium?: boolean, firefox?: 'needed' | 'wanted', ffmpeg?: boolean,
 *   nullDevice?: boolean }} needs
 */
export async function setUp({ tool = false, chromium = false, firefox, ffmpeg = false, nullDevice = false }) {
  try {
    const [major, minor] = process.versions.node.split('.').map(Number);
    if (major < 20 || (major === 20 && minor < 19)) {
      throw new SetupError('Node', `Node 20.19 or newer is needed, and this is ${process.versions.node}.`);
    }
    setUpPackages(ROOT);
    if (tool) setUpBundle(ROOT);
    if (tool) setUpAdapter(ROOT);
    if (chromium) process.env.PUPPETEER_EXECUTABLE_PATH = await setUpChromium(ROOT);
    if (firefox) setUpFirefox(ROOT, firefox);
    if (ffmpeg) setUpFfmpeg();
    if (nullDevice) setUpNullDevice();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`depthwise ${error.message}\n`);
    process.exit(2);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const asked = (name) => process.argv.includes(name);
  await setUp({
    tool: true,
    chromium: asked('--chromium'),
    ...(asked('--firefox') ? { firefox: 'needed' } : {}),
  });
}
