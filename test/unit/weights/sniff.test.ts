import { describe, expect, test } from 'vitest';
import { NetworkError } from '../../../src/errors.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { faultOfAsync } from './safetensors_file.js';
import { scripted } from './scripted_source.js';

describe('files that are something else', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  test.each([
    ['a page', '<!DOCTYPE html><html><head>', 'NET_NOT_WEIGHTS', 'received text/html'],
    ['a page after white space', '\n\n  <html lang="en">', 'NET_NOT_WEIGHTS', 'received text/html'],
    ['a tiny page', '<html>', 'NET_NOT_WEIGHTS', 'received text/html'],
    ['an error in JSON', '{"error":"Repository not found"}', 'NET_NOT_WEIGHTS', 'received application/json'],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 99\n',
      'NET_LFS_POINTER',
      'git lfs pull',
    ],
  ])('%s', async (_, content, code, says) => {
    for (const source of [text(content), scripted(text(content), { chunk: 3 })]) {
      const error = await faultOfAsync(() => openCheckpoint(source));
      expect(error).toBeInstanceOf(NetworkError);
      expect(error.code).toBe(code);
      expect(error.message).toContain(says);
    }
  });

  test('a pickle that torch.save did not write is named in the hint', async () => {
    const error = await faultOfAsync(() => openCheckpoint(Uint8Array.of(0x80, 4, 0x95, 10, 0, 0, 0, 0, 0, 0)));
    expect(error.code).toBe('ST_HEADER_TOO_LARGE');
    expect(error.message).toContain('a Python pickle, but not like one that torch.save writes');
  });

  test('a cut file whose length looks like text is still a cut file', async () => {
    for (const [low, second] of [
      [0x7b, 0],
      [0x5b, 0x20],
      [0x80, 2],
      [0x3c, 0],
    ] as const) {
      expect(
        (await faultOfAsync(() => openCheckpoint(Uint8Array.of(low, second, 0, 0, 0, 0, 0, 0, 0x7b, 0x22)))).code,
      ).toBe('ST_HEADER_LENGTH');
    }
    expect(
      (await faultOfAsync(() => openCheckpoint(Uint8Array.of(0x80, 2, 0, 0, 0, 0, 0, 0, 0x7b)))).message,
    ).not.toContain('Convert');
  });
});
