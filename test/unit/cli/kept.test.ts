import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.js';
import { keptText } from '../../../src/cli/kept.js';
import { folderCache } from '../../../src/node/weights_cache.js';

const SHA256 = '0'.repeat(64);

it('the command cache lists what is kept, and clears it', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'depthwise-cli-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const writer = await folderCache(cache).put('https://host.example/w.safetensors');
  await writer!.write(new Uint8Array(1_500_000));
  await writer!.commit(SHA256, { source: 'https://host.example/w.safetensors' });
  const list = parseArguments(['cache', '--cache', cache]);
  expect(list).toEqual({ command: 'cache', action: 'list', json: false, cache });
  expect(await keptText({ action: 'list', json: false, cache })).toBe(
    `Kept in ${cache}:\n1.5 MB  https://host.example/w.safetensors`,
  );
  expect(JSON.parse(await keptText({ action: 'list', json: true, cache }))).toEqual([
    {
      source: 'https://host.example/w.safetensors',
      bytes: 1_500_000,
      sha256: SHA256,
      stored: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  expect(parseArguments(['cache', 'clear'])).toMatchObject({ command: 'cache', action: 'clear' });
  expect(await keptText({ action: 'clear', json: false, cache })).toContain('w.safetensors');
  expect(await keptText({ action: 'list', json: false, cache })).toBe(`Kept in ${cache}: no weights.`);
  expect(() => parseArguments(['cache', 'burn'])).toThrow(/list.*clear/);
  const file = join(cache, 'file');
  writeFileSync(file, '');
  await expect(keptText({ action: 'clear', json: false, cache: file })).rejects.toThrow(/file is not a folder/);
  expect(await keptText({ action: 'list', json: false, cache: join(cache, 'new') })).toContain('no weights');
});
