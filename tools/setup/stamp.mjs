import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What earlier set-ups found, kept in node_modules/.cache so that a fresh install forgets it. */
const STAMPS = 'node_modules/.cache/depthwise/setup.json';

/** @returns {Record<string, any>} */
export function readStamps(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMPS), 'utf8'));
  } catch {
    return {};
  }
}

export function writeStamp(root, name, value) {
  const path = join(root, STAMPS);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...readStamps(root), [name]: value }, null, 2)}\n`);
}

/**
 * One digest of the names, sizes and times of all files under `paths`, and of `extra`. What cannot be seen counts as
 * missing.
 */
export function digest(paths, extra = '') {
  const hash = createHash('sha256').update(extra);
  const visit = (path) => {
    const stat = statOf(path);
    if (stat?.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else {
      hash.update(`\n${path} ${stat ? `${stat.size} ${stat.mtimeMs}` : 'missing'}`);
    }
  };
  paths.forEach(visit);
  return hash.digest('hex');
}

function statOf(path) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
