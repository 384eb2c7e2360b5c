import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEntry } from '../models/resolve.js';
import { packagedFile } from '../weights/fetch/source.js';

/** The models folder of this package, which lies two folders up from this file and from the built one alike. */
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'models');

/** Path of the weights that come with this package for a registry name; undefined for every other model. */
export function packagedWeights(name: string): string | undefined {
  const file = packagedFile(findEntry(name)?.weights.source ?? '');
  return file === undefined ? undefined : join(FOLDER, file);
}
