import { join } from 'node:path';
import { digest, readStamps, writeStamp } from './stamp.mjs';
import { announce, failureOf, run, SetupError } from './step.mjs';

const SOURCES = ['src', 'shaders', 'package.json', 'package-lock.json', 'vite.node.config.ts', 'tools/build'];

/** The command-line tool's entry, as built. */
export const CLI = 'dist/node/cli.js';

/**
 * Builds dist/node where a source has changed since the last build, or the built tool has. What pages fetch and type
 * declarations are not needed here.
 */
export function setUpBundle(root) {
  if (readStamps(root).bundle === bundleDigest(root)) return;
  announce('building (vite build)');
  const build = ['build', '--config', 'vite.node.config.ts'];
  const { ok, output } = run(
    [process.execPath, join(root, 'node_modules/vite/bin/vite.js'), ...build, '--logLevel', 'warn'],
    { cwd: root },
  );
  if (!ok) throw new SetupError('build', failureOf(['vite', ...build], output), ['npx vite', ...build].join(' '));
  writeStamp(root, 'bundle', bundleDigest(root));
}

function bundleDigest(root) {
  return digest([...SOURCES, CLI].map((path) => join(root, path)));
}
