import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDepthModel as loadInBrowser } from '../../../src/index.js';
import { registry } from '../../../src/models/registry.js';
import { loadDepthModel } from '../../../src/node/load.js';
import { packagedWeights } from '../../../src/node/packaged.js';
import { packagedFile } from '../../../src/weights/fetch/source.js';
import { testGpu } from '../../gpu.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('weights that come with the package', () => {
  const packaged = registry.flatMap(({ weights }) => packagedFile(weights.source ?? '') ?? []);

  it('are nano’s, in a file of at most 3 MB that the package exports', () => {
    expect(packaged).toEqual(['nano.safetensors']);
    const { exports, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
      files: string[];
    };
    expect(files).toContain('models');
    expect(exports['./nano.safetensors']).toBe('./models/nano.safetensors');
    expect(exports['./nano']).toEqual({ types: './models/nano.d.ts', default: './models/nano.js' });
    expect(statSync(join(ROOT, 'models/nano.safetensors')).size).toBeLessThanOrEqual(3e6);
  });

  it('are found by Node from the name', async () => {
    expect(packagedWeights('nano')).toBe(join(ROOT, 'models/nano.safetensors'));
    expect(existsSync(packagedWeights('nano')!)).toBe(true);
    expect(packagedWeights('midas-v2.1-small')).toBeUndefined();
    const { device } = await testGpu();
    const model = await loadDepthModel('nano', { device });
    expect(model.info).toMatchObject({
      name: 'nano',
      title: 'Nano',
      licence: 'MIT',
      kind: 'relative-inverse',
      nearer: 'larger',
    });
    model.dispose();
  });

  it('say themselves which model they are', async () => {
    const { device } = await testGpu();
    const bytes = new Uint8Array(readFileSync(packagedWeights('nano')!));
    const model = await loadInBrowser(bytes, { device });
    expect(model.info.name).toBe('nano');
    model.dispose();
    await expect(loadInBrowser(bytes, { device, model: 'midas-v2.1-small' })).rejects.toMatchObject({
      code: 'MODEL_ARCHITECTURE',
    });
  });

  it('load in Node by the address that `depthwise/nano` is', async () => {
    const { device } = await testGpu();
    const { default: nano } = (await import('depthwise/nano')) as { default: URL };
    const model = await loadDepthModel(nano, { device });
    expect(model.info.name).toBe('nano');
    model.dispose();
  });

  it('have no address of their own in a page, which is told how to give one', async () => {
    const { device } = await testGpu();
    await expect(loadInBrowser('nano', { device })).rejects.toMatchObject({
      name: 'UsageError',
      code: 'SOURCE_PACKAGED',
      message: expect.stringContaining("Load import('depthwise/nano').default.") as string,
    });
  });
});
