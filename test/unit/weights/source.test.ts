import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { displayUrl, resolveSource } from '../../../src/weights/fetch/source.js';
import { faultOf } from './safetensors_file.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('hub names', () => {
  test('become URLs of one revision; a commit is cached, a branch is not', () => {
    const pinned = `https://huggingface.co/org/my.repo-2/resolve/${COMMIT}/model.safetensors`;
    expect(resolveSource(`hf:org/my.repo-2@${COMMIT}`)).toEqual({ url: pinned, cacheKey: pinned, pinned: true });
    expect(resolveSource('hf:org/repo@main')).toMatchObject({
      url: 'https://huggingface.co/org/repo/resolve/main/model.safetensors',
      cacheKey: undefined,
      moving: { lookupUrl: 'https://huggingface.co/api/models/org/repo/revision/main' },
    });
    expect(resolveSource(`hf:org/repo@${COMMIT}/sub dir/a#b.safetensors`).url).toBe(
      `https://huggingface.co/org/repo/resolve/${COMMIT}/sub%20dir/a%23b.safetensors`,
    );
    expect(resolveSource('hf:org/repo@refs%2Fpr%2F1').url).toBe(
      'https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/model.safetensors',
    );
    expect(resolveSource('hf:org/repo@v1', { hubUrl: 'http://127.0.0.1:8080/' }).url).toBe(
      'http://127.0.0.1:8080/org/repo/resolve/v1/model.safetensors',
    );
  });

  test('need a revision, and the error says how to write one', () => {
    const error = faultOf(() => resolveSource('hf:org/repo'));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.code).toBe('SOURCE_REVISION');
    expect(error.message).toContain('"hf:org/repo"');
    expect(error.message).toContain('hf:org/repo@revision');
  });

  test.each([
    'hf:',
    'hf:repo',
    'hf:repo@main',
    'hf:org/repo@',
    'hf:a/b/c@main',
    'hf:../repo@main',
    'hf:org/..@main',
    'hf:org/repo@..',
    'hf:org/repo@main/../../x',
    'hf:org/repo@main/a/./b',
    'hf:org/repo@a b',
    'hf:org/re?po@main',
  ])('%s is refused', (name) => {
    expect(faultOf(() => resolveSource(name)).code).toBe('SOURCE_INVALID');
  });
});

describe('URLs', () => {
  test('are their own cache key, without fragment and credentials, unless they name a branch of the hub', () => {
    expect(resolveSource('https://user:pass@host.example/a.safetensors?v=1#x').cacheKey).toBe(
      'https://host.example/a.safetensors?v=1',
    );
    expect(resolveSource('https://huggingface.co/org/repo/resolve/main/model.safetensors').cacheKey).toBeUndefined();
    expect(resolveSource(`https://huggingface.co/org/repo/resolve/${COMMIT}/model.safetensors`).cacheKey).toBeDefined();
    expect(resolveSource('data:application/octet-stream;base64,AAAA').cacheKey).toBeUndefined();
    expect(resolveSource('blob:https://host.example/uuid').cacheKey).toBeUndefined();
  });

  test('may be relative to a page', () => {
    expect(resolveSource('weights/a.safetensors', { baseUrl: 'https://host.example/demo/' }).url).toBe(
      'https://host.example/demo/weights/a.safetensors',
    );
    expect(faultOf(() => resolveSource('weights/a.safetensors')).code).toBe('SOURCE_INVALID');
  });

  test('are shown without secrets', () => {
    expect(displayUrl('https://user:pass@host.example:8080/a/b.safetensors?token=s3cret#frag')).toBe(
      'https://host.example:8080/a/b.safetensors',
    );
    expect(displayUrl(`data:application/octet-stream;base64,${'A'.repeat(1000)}`)).toBe('data: URL');
  });
});
