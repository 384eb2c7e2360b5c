import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readStamps, writeStamp } from './stamp.mjs';
import { announce, failureOf, run, SetupError } from './step.mjs';
import { aptInstall, readOsRelease, mayInstall, usesApt } from './system.mjs';

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
  else download(root, process.platform === 'linux' && usesApt(release));
  const path = fromApt ? findChromium(root) : await puppeteersOwn();
  const started = path ? run([path, '--version']) : { ok: false, output: 'It is not where it was to be.' };
  if (!started.ok) throw new SetupError('Chromium', `it was installed but does not start.\n${started.output.trim()}`);
  return remember(root, path);
}

/** Puppeteer's own download of Chrome; with the libraries that Chrome needs only as root, which it is never made. */
function download(root, withLibraries) {
  const script = join(root, 'node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js');
  const cache = process.env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache', 'puppeteer');
  const prefix =
    withLibraries && process.getuid?.() === 0 && mayInstall({ packages: ['the libraries of Chrome'] }) ? [] : undefined;
  const argv = prefix
    ? [
        ...prefix,
        'env',
        `PUPPETEER_CACHE_DIR=${cache}`,
        process.execPath,
        script,
        'browsers',
        'install',
        'chrome',
        '--install-deps',
      ]
    : [process.execPath, script, 'browsers', 'install', 'chrome'];
  announce('downloading Chrome (puppeteer browsers install chrome)');
  const { ok, output } = run(argv, { cwd: root });
  const command = `${withLibraries ? 'sudo ' : ''}npx puppeteer browsers install chrome${withLibraries ? ' --install-deps' : ''}`;
  if (!ok) throw new SetupError('Chromium', failureOf(argv, output), command);
}

async function puppeteersOwn() {
  const { default: puppeteer } = await import('puppeteer');
  const path = puppeteer.executablePath();
  return existsSync(path) ? path : undefined;
}

function remember(root, path) {
  if (readStamps(root).chromium !== path) writeStamp(root, 'chromium', path);
  return path;
}
