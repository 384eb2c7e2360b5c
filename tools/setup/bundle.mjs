import { join } from 'node:path';
import { npm } from './packages.mjs';
import { digest, readStamps, writeStamp } from './stamp.mjs';
import { announce, failureOf, run, SetupError } from './step.mjs';

const SOURCES = ['src', 'shaders', 'package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts'];

/** The command-line tool's entry, as built. */
export const CLI = 'dist/node/cli.js';

/** Builds dist/ where a source has changed since the last build, or the built tool has. */
export function setUpBundle(root) {
  if (readStamps(root).bundle === bundleDigest(root)) return;
  announce('building (npm run build)');
  const { ok, output } = run([...npm(), 'run', '--silent', 'build'], { cwd: root, shell: process.platform === 'win32' && npm()[0] === 'npm' });
  if (!ok) throw new SetupError('build', failureOf(['npm', 'run', 'build'], output), 'npm run build');
  writeStamp(root, 'bundle', bundleDigest(root));
}

function bundleDigest(root) {
  return digest([...SOURCES, CLI].map((path) => join(root, path)));
}
