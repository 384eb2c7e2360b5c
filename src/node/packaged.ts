import { createRequire } from 'node:module';
import { findEntry } from '../models/resolve.js';
import { packagedFile } from '../weights/fetch/source.js';

/** Finds what this package exports, wherever in it this file is built to. */
const { resolve } = createRequire(import.meta.url);

/** Path of the weights that come with this package for a registry name; undefined for every other model. */
export function packagedWeights(name: string): string | undefined {
  const file = packagedFile(findEntry(name)?.weights.source ?? '');
  return file === undefined ? undefined : resolve(`depthwise/${file}`);
}
