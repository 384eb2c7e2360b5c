import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sha256 } from '../../../src/weights/fetch/sha256.js';

test('the empty message and "abc" (FIPS 180-4 examples)', () => {
  expect(new Sha256().digest()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(new Sha256().update(new TextEncoder().encode('abc')).digest()).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('every length around the block size, in pieces of every size, as the platform', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 255);
  for (let length = 0; length <= bytes.length; length++) {
    const expected = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
    const piece = 1 + (length % 71);
    const hash = new Sha256();
    for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, Math.min(at + piece, length)));
    expect(hash.digest()).toBe(expected);
  }
});
