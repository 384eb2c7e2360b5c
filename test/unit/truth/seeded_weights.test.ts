import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { f16Bits, seededCheckpoint, seededInput, seededPicture, seededTensor } from '../../../truth/seeded_weights.js';

interface Described {
  readonly name: string;
  readonly digest: number;
  readonly first: readonly number[];
}
interface Recorded {
  readonly tensors: readonly (Described & { readonly shape: readonly number[] })[];
  readonly f16: {
    readonly name: string;
    readonly shape: readonly number[];
    readonly digest: number;
    readonly digest_times_2_to_minus_18: number;
  };
  readonly input: Described & { readonly height: number; readonly width: number };
  readonly picture: Described & { readonly height: number; readonly width: number };
}

const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/models/seeded.json', import.meta.url), 'utf8'),
) as Recorded;

function digest(values: ArrayBufferView): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

describe('seeded weights equal the Python side bit for bit', () => {
  it.each(recorded.tensors)('$name', ({ name, shape, digest: expected, first }) => {
    const values = seededTensor(name, shape);
    expect([...values.slice(0, 4)]).toEqual(first);
    expect(digest(values)).toBe(expected);
  });

  it('input', () => {
    const { name, height, width, first, digest: expected } = recorded.input;
    const values = seededInput(name, height, width);
    expect([...values.slice(0, 4)]).toEqual(first);
    expect(digest(values)).toBe(expected);
  });

  it('picture', () => {
    const { name, height, width, digest: expected } = recorded.picture;
    expect(digest(seededPicture(name, height, width))).toBe(expected);
  });

  it('f16, normal and subnormal', () => {
    const { name, shape, digest: normal, digest_times_2_to_minus_18: subnormal } = recorded.f16;
    const values = seededTensor(name, shape);
    expect(digest(Uint16Array.from(values, f16Bits))).toBe(normal);
    expect(digest(Uint16Array.from(values, (v) => f16Bits(v * 2 ** -18)))).toBe(subnormal);
  });
});

it('a seeded checkpoint places each tensor at its offset, and a renamed tensor takes its slice', () => {
  const whole = 'pretrained.blocks.0.attn.qkv.weight';
  const image = seededCheckpoint([
    { name: 'bn.num_batches_tracked', shape: [] },
    { name: whole, shape: [6, 4] },
    { name: 'key', shape: [2, 4], source: { name: whole, start: 8 } },
  ]);
  const length = Number(new DataView(image.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(image.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const read = (name: string) => {
    const [begin, end] = header[name]?.data_offsets ?? [0, 0];
    return [...new Float32Array(image.slice(8 + length + begin, 8 + length + end).buffer)];
  };
  expect(length % 8).toBe(0);
  expect(read(whole)).toEqual([...seededTensor(whole, [6, 4])]);
  expect(read('key')).toEqual(read(whole).slice(8, 16));
});
