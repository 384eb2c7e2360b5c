import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adviceOn, defaultModel } from '../../../src/cli/default_model.js';
import { findEntry } from '../../../src/models/resolve.js';
import { folderCache } from '../../../src/node/weights_cache.js';
import { keepBytes } from '../../../src/weights/cache/kept_files.js';
import { resolveSource } from '../../../src/weights/fetch/source.js';

let cache: string;
beforeEach(async () => void (cache = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterEach(() => rm(cache, { recursive: true }));

async function keep(source: string): Promise<void> {
  const writer = (await folderCache(cache).put(resolveSource(source).cacheKey!))!;
  await writer.write(new Uint8Array(16));
  await writer.commit('0'.repeat(64));
}

describe('defaultModel', () => {
  it('is nano where nothing was downloaded', async () => {
    expect((await defaultModel(cache)).name).toBe('nano');
    expect((await defaultModel(join(cache, 'gone'))).name).toBe('nano');
  });

  it('is a better model once it was downloaded', async () => {
    await keep(findEntry('depth-anything-v2-small')!.weights.source!);
    expect((await defaultModel(cache)).name).toBe('depth-anything-v2-small');
  });

  it('is a better model whose branch was downloaded at the commit it was at', async () => {
    const { moving } = resolveSource(findEntry('depth-anything-v1-base')!.weights.source!);
    const commit = '0123456789abcdef0123456789abcdef01234567';
    await keepBytes(folderCache(cache), moving!.lookupUrl, new TextEncoder().encode(commit));
    expect((await defaultModel(cache)).name).toBe('nano');
    await keep(moving!.at(commit));
    expect((await defaultModel(cache)).name).toBe('depth-anything-v1-base');
  });

  it('is nano where other files were downloaded', async () => {
    await keep('https://example.org/midas.safetensors');
    expect((await defaultModel(cache)).name).toBe('nano');
  });
});

describe('adviceOn', () => {
  it('names the better models that are free for every use and can be downloaded, in one line', () => {
    const advice = adviceOn(findEntry('nano')!);
    const better = 'depth-anything-v2-small, depth-anything-v1-small, depth-anything-v1-base, depth-anything-v1-large';
    expect(advice).toContain('nano, the small and rough one that comes with depthwise');
    expect(advice?.endsWith(`--model ${better}.`), advice).toBe(true);
    expect(advice).not.toContain('\n');
  });

  it('says nothing of a model that was downloaded', () => {
    expect(adviceOn(findEntry('depth-anything-v2-small')!)).toBeUndefined();
  });
});
