import { createRequire } from 'node:module';
import { fileSource } from './file_source.js';
import { findEntry } from '../models/resolve.js';
import type { ByteSource } from '../weights/fetch/byte_source.js';
import { packagedFile } from '../weights/fetch/source.js';

/** Finds what this package exports, wherever in it this file is built to. */
const { resolve } = createRequire(import.meta.url);

/** Path of the weights that come with this package for a registry name; undefined for every other model. */
export function packagedWeights(name: string): string | undefined {
  const file = packagedFile(findEntry(name)?.weights.source ?? '');
  return file === undefined ? undefined : resolve(`depthwise/${file}`);
}

/** Those weights, held to the digest of the version that this code was made with; undefined for every other model. */
export async function packagedSource(name: string): Promise<ByteSource | undefined> {
  const path = packagedWeights(name);
  return path === undefined ? undefined : { ...(await fileSource(path)), expected: findEntry(name)?.weights };
}
