import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plainHeader, plainLength } from '../../../src/weights/format/plain_header.js';
import { parseHeader, readHeaderLength, type HeaderOptions } from '../../../src/weights/format/safetensors.js';
import { randomFiles } from './random_headers.js';
import { fileOf } from './safetensors_file.js';

const ROOT = new URL('../../../', import.meta.url);

/** What the whole check makes of a file; undefined where it throws. */
function checked(bytes: Uint8Array, options?: HeaderOptions) {
  try {
    return parseHeader(bytes, bytes.length, 'file', options);
  } catch {
    return undefined;
  }
}

/** The header of a whole file in memory, where it is plain. */
function plainOf(bytes: Uint8Array, options?: HeaderOptions) {
  const length = plainLength(bytes, bytes.length, options);
  return length === undefined ? undefined : plainHeader(bytes.subarray(0, 8 + length), bytes.length, options);
}

function lengthOf(bytes: Uint8Array, options?: HeaderOptions): number | undefined {
  try {
    return readHeaderLength(bytes, bytes.length, 'file', options);
  } catch {
    return undefined;
  }
}

describe('a plain header', () => {
  const models = readdirSync(new URL('test/fixtures/models/', ROOT))
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => `test/fixtures/models/${name}`);

  test.each(['models/nano.safetensors', ...models])('is what %s has', (path) => {
    const bytes = readFileSync(new URL(path, ROOT));
    expect(plainOf(bytes)).toEqual(checked(bytes));
    expect(plainOf(bytes)?.tensors.size).toBeGreaterThan(0);
  });

  test('is never one that the whole check refuses, or reads in another way', () => {
    let plain = 0;
    const files = randomFiles(777, 12_000);
    for (const bytes of files) {
      expect(plainLength(bytes, bytes.length)).toBe(lengthOf(bytes));
      const header = plainOf(bytes);
      if (!header) continue;
      plain++;
      const whole = checked(bytes);
      expect(header).toEqual(whole);
      expect([...header.tensors.keys()]).toEqual([...(whole?.tensors.keys() ?? [])]);
    }
    expect(plain / files.length).toBeGreaterThan(0.2);
  });

  const tensor = (more = '', shape = '[2]', offsets = '[0,8]', dtype = '"F32"') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}${more}}`;

  test.each([
    ['white space', `{"a": ${tensor()}}`],
    ['an escape', `{"\\u0061":${tensor()}}`],
    ['a repeated key', `{"a":${tensor()},"a":${tensor()}}`],
    ['a repeated field', `{"a":${tensor(',"dtype":"F32"')}}`],
    ['another field', `{"a":${tensor(',"strides":[1]')}}`],
    ['a number in another spelling', `{"a":${tensor('', '[2.0]')}}`],
    ['a number with an exponent', `{"a":${tensor('', '[2e0]')}}`],
    ['minus zero', `{"a":${tensor('', '[2]', '[-0,8]')}}`],
    ['a number past 2^53', `{"a":${tensor('', '[2]', '[0,9007199254740993]')}}`],
    ['a byte order mark', `\uFEFF{"a":${tensor()}}`],
    ['a type in a list', `{"a":${tensor('', '[2]', '[0,8]', '["F32"]')}}`],
    ['a type of Object', `{"a":${tensor('', '[2]', '[0,8]', '"toString"')}}`],
    ['a shape that is text', `{"a":${tensor('', '"2"')}}`],
    ['offsets that are text', `{"a":${tensor('', '[2]', '"08"')}}`],
    ['three offsets', `{"a":${tensor('', '[2]', '[0,8,8]')}}`],
    ['a size that differs', `{"a":${tensor('', '[3]')}}`],
    ['a gap', `{"a":${tensor('', '[1]', '[4,8]')}}`],
    ['an overlap', `{"a":${tensor()},"b":${tensor('', '[1]', '[4,8]')}}`],
    ['metadata that is no text', `{"__metadata__":{"a":1},"b":${tensor()}}`],
    ['metadata in a list', `{"__metadata__":["a"],"b":${tensor()}}`],
    ['metadata that is text', `{"__metadata__":"abc","b":${tensor()}}`],
    ['metadata that is empty text', `{"__metadata__":"","b":${tensor()}}`],
    ['metadata that is a number', `{"__metadata__":5,"b":${tensor()}}`],
    ['metadata that is a truth', `{"__metadata__":true,"b":${tensor()}}`],
    ['metadata that is nothing', `{"__metadata__":null,"b":${tensor()}}`],
    ['an entry that is nothing', '{"a":null}'],
    ['a list of entries', `[${tensor()}]`],
    ['a type that no weights have', `{"a":${tensor('', '[8]', '[0,8]', '"U8"')}}`],
    ['keys that JavaScript sorts', `{"2":${tensor('', '[1]', '[0,4]')},"1":${tensor('', '[1]', '[4,8]')}}`],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0x22, 0x80, 0x22)],
    ['another end than a blank', `{"a":${tensor()}}\n`],
  ])('is not one with %s', (_, text) => {
    expect(plainOf(fileOf(text, 8))).toBeUndefined();
  });

  test.each([
    ['a dimension past 2^53 beside a zero', '[0,9007199254740992]'],
    ['more bits than can be counted beside a zero', '[9007199254740991,9007199254740991,0]'],
  ])('is not one with %s', (_, shape) => {
    const bytes = fileOf(`{"a":${tensor('', shape, '[0,0]')}}`);
    expect(plainOf(bytes)).toBeUndefined();
    expect(plainOf(fileOf(`{"a":${tensor('', '[0,5]', '[0,0]')}}`))).toBeDefined();
  });

  test('is told from any other at once, however long', () => {
    const start = performance.now();
    expect(plainOf(fileOf(`{${' '.repeat(8e6)}"a":${tensor()}}`, 8))).toBeUndefined();
    expect(plainOf(fileOf(`{"a":${tensor()}}${' '.repeat(8e6)}`, 8))).toBeDefined();
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('is read off the middle of a buffer, whatever the order of its members', () => {
    const bytes = fileOf(`{"b":${tensor('', '[1]', '[8,16]', '"I64"')},"a":${tensor()}}`, 16);
    const within = new Uint8Array(bytes.length + 13).subarray(7, 7 + bytes.length);
    within.set(bytes);
    expect([...plainOf(within)!.tensors.keys()]).toEqual(['a', 'b']);
    expect(plainOf(within)).toEqual(checked(bytes));
    expect(plainLength(bytes.subarray(0, 7), undefined)).toBeUndefined();
    expect(plainLength(new Uint8Array(8), undefined)).toBeUndefined();
  });

  test('may have a member called __proto__, blanks at its end, and metadata', () => {
    const bytes = fileOf(`{"__metadata__":{"format":"pt"},"__proto__":${tensor()}}   `, 8);
    expect(plainOf(bytes)).toEqual(checked(bytes));
    expect([...plainOf(bytes)!.tensors.keys()]).toEqual(['__proto__']);
  });

  test('keeps to the bounds of the caller', () => {
    const bytes = fileOf(`{"a":${tensor('', '[1]', '[0,4]')},"b":${tensor('', '[1]', '[4,8]')}}`, 8);
    expect(plainOf(bytes, { maxTensors: 2 })).toBeDefined();
    expect(plainOf(bytes, { maxTensors: 1 })).toBeUndefined();
    const length = plainLength(bytes, bytes.length) as number;
    expect(plainLength(bytes, bytes.length, { maxHeaderBytes: length })).toBe(length);
    expect(plainLength(bytes, bytes.length, { maxHeaderBytes: length - 1 })).toBeUndefined();
    const long = new Uint8Array(8);
    new DataView(long.buffer).setUint32(0, 100_000_001, true);
    expect(plainLength(long, undefined, { maxHeaderBytes: 2 ** 31 })).toBeUndefined();
  });
});
