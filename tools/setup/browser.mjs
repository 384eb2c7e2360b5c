import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readStamps, writeStamp } from './stamp.mjs';
import { announce, failureOf, homeFolder, run, SetupError } from './step.mjs';
import { aptInstall, readOsRelease, usesApt } from './system.mjs';

const CHROMIUMS = {
  linux: ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  ],
};

/**
 * Path of a Chromium or Chrome: the one PUPPETEER_EXECUTABLE_PATH names, the system's, or the one a set-up downloaded.
 */
export function findChromium(root) {
  const { PUPPETEER_EXECUTABLE_PATH: named } = process.env;
  if (named) return named;
  return [...(CHROMIUMS[process.platform] ?? []), readStamps(root).chromium].find((path) => path && existsSync(path));
}

/** Makes sure that there is a Chromium to drive, and returns its path. */
export async function setUpChromium(root) {
  const present = findChromium(root) ?? (await puppeteersOwn());
  if (present) return remember(root, present);
  const release = readOsRelease();
  // Ubuntu's "chromium" package stands for a snap, which containers cannot run.
  const fromApt =
    process.platform === 'linux' && usesApt(release) && release.ID !== 'ubuntu' && !release.ID_LIKE?.includes('ubuntu');
  if (fromApt) aptInstall('Chromium', { packages: ['chromium'] });
  else download(root);
  const path = fromApt ? findChromium(root) : await puppeteersOwn();
  let started = start(path);
  const libraries = started.ok || fromApt || !usesApt(release) ? undefined : chromeLibraries(path);
  if (libraries) {
    aptInstall('Chromium', { packages: ['the libraries of Chrome'], satisfy: libraries });
    started = start(path);
  }
  if (!started.ok) throw new SetupError('Chromium', `it was installed but does not start.\n${started.output.trim()}`);
  return remember(root, path);
}

function start(path) {
  return path ? run([path, '--version']) : { ok: false, output: 'It is not where it was to be.' };
}

/** Puppeteer's own download of Chrome, as the user who runs this. */
function download(root) {
  const script = join(root, 'node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js');
  const argv = [process.execPath, script, 'browsers', 'install', 'chrome'];
  announce('downloading Chrome (puppeteer browsers install chrome)');
  const { ok, output } = run(argv, { cwd: root });
  if (!ok) throw new SetupError('Chromium', failureOf(argv, output), 'npx puppeteer browsers install chrome');
}

/** The packages a downloaded Chrome says it needs, as `apt-get satisfy` takes them; undefined where it does not say. */
export function chromeLibraries(path) {
  const list = path && join(dirname(path), 'deb.deps');
  if (!list || !existsSync(list)) return undefined;
  return readFileSync(list, 'utf8')
    .trim()
    .split(/\s*\n\s*/)
    .join(', ');
}

/** Without a home, and without a folder named for it, puppeteer cannot have one. */
async function puppeteersOwn() {
  if (homeFolder() === undefined && !process.env.PUPPETEER_CACHE_DIR) return undefined;
  const { default: puppeteer } = await import('puppeteer');
  const path = puppeteer.executablePath();
  return existsSync(path) ? path : undefined;
}

function remember(root, path) {
  if (readStamps(root).chromium !== path) writeStamp(root, 'chromium', path);
  return path;
}
