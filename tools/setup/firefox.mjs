import { existsSync } from 'node:fs';
import { readStamps, writeStamp } from './stamp.mjs';
import { announce, run, SetupError } from './step.mjs';
import { aptInstall, readOsRelease, usesApt } from './system.mjs';

const FIREFOXES = {
  linux: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
  darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  win32: ['C:\\Program Files\\Mozilla Firefox\\firefox.exe', 'C:\\Program Files (x86)\\Mozilla Firefox\\firefox.exe'],
};
const BY_HAND = 'Install Firefox 153 or newer from https://www.mozilla.org/firefox.';

/** Path of a Firefox that starts: the one a set-up found, or the system's; undefined where there is none. */
export function findFirefox(root) {
  const known = [readStamps(root).firefox].filter((path) => path && existsSync(path));
  return known[0] ?? (FIREFOXES[process.platform] ?? []).find((path) => existsSync(path) && starts(path));
}

/** Ubuntu's /usr/bin/firefox stands for a snap, which may not be there. */
function starts(path) {
  return run([path, '--version'], { timeout: 60_000 }).ok;
}

/** What gets Firefox onto a system: Debian has it as a package; undefined where there is none that a browser is in. */
export function firefoxPlan(release) {
  const ubuntu = release.ID === 'ubuntu' || release.ID_LIKE?.split(' ').includes('ubuntu');
  return usesApt(release) && !ubuntu ? { packages: ['firefox-esr'] } : undefined;
}

/**
 * Makes sure that there is a Firefox to drive. Where it is only `wanted` and may not or cannot be installed, it says so
 * and goes on without: its tests are skipped.
 * @param {string} root
 * @param {'needed' | 'wanted'} how
 */
export function setUpFirefox(root, how) {
  try {
    let path = findFirefox(root);
    if (!path) {
      const plan = process.platform === 'linux' ? firefoxPlan(readOsRelease()) : undefined;
      if (!plan) throw new SetupError('Firefox', `there is none. ${BY_HAND}`);
      aptInstall('Firefox', plan);
      path = findFirefox(root);
      if (!path) throw new SetupError('Firefox', 'it was installed but does not start.');
    }
    if (readStamps(root).firefox !== path) writeStamp(root, 'firefox', path);
  } catch (error) {
    if (how === 'needed' || !(error instanceof SetupError)) throw error;
    announce(`the tests in Firefox will be skipped: ${error.message}`);
  }
}
