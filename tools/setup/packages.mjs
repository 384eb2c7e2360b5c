import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { announce, failureOf, run, SetupError } from './step.mjs';

/** Installs the packages of package-lock.json where node_modules does not hold exactly those. */
export function setUpPackages(root) {
  const lock = readLock(join(root, 'package-lock.json'));
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (lock && installed && missingPackages(lock, installed).length === 0) return;
  announce('installing packages (npm ci)');
  const argv = [...npm(), 'ci', '--no-audit', '--no-fund'];
  // The browser is a step of its own, taken only for what needs one.
  const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: '1' };
  const { ok, output } = run(argv, { cwd: root, env, shell: argv[0] === 'npm' && process.platform === 'win32' });
  if (!ok) throw new SetupError('packages', failureOf(['npm', 'ci'], output), 'npm ci');
}

/**
 * Paths in `lock` that `installed` (npm's record of node_modules) lacks or has in another version. Optional packages
 * count only where they are made for this machine; those for musl never do, as Dawn needs glibc.
 */
export function missingPackages(lock, installed, { platform, arch } = process) {
  return Object.entries(lock)
    .filter(([path, wanted]) => {
      if (path === '' || wanted.link) return false;
      if (wanted.optional && !(wanted.os?.includes(platform) && wanted.cpu?.includes(arch))) return false;
      if (wanted.libc && !wanted.libc.includes('glibc')) return false;
      return installed[path]?.version !== wanted.version;
    })
    .map(([path]) => path);
}

/** The npm that runs this very script where there is one, so that no second version gets involved. */
function npm() {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.c?js$/.test(script) && existsSync(script) ? [process.execPath, script] : ['npm'];
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
