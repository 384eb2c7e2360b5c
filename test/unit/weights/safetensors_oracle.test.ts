import { readFileSync } from 'node:fs';
import npm from 'safetensors';
import { expect, test } from 'vitest';
import { WeightsFormatError } from '../../../src/errors.js';
import { parseHeader } from '../../../src/weights/format/safetensors.js';
import { fileOf, fileOfFloats } from './safetensors_file.js';

interface Verdicts {
  readonly reference: string;
  readonly cases: readonly {
    readonly name: string;
    readonly header: string;
    readonly data: number;
    readonly accepted: boolean;
  }[];
}

/** Recorded by tools/make_weights_oracle.py. */
const verdicts = JSON.parse(
  readFileSync(new URL('../../fixtures/safetensors_verdicts.json', import.meta.url), 'utf8'),
) as Verdicts;

/** Where we differ from the reference, and why. We are stricter in all but the first. */
const DISAGREEMENTS: Readonly<Record<string, string>> = {
  'lone surrogate': 'legal JSON (RFC 8259, 8.2), and a name is only ever compared',
  'duplicate tensor, same range': 'two readers may see two different files',
  'duplicate metadata key': 'the same, in the metadata',
  'metadata null': 'metadata maps strings to strings',
  'extra field': 'a field we do not know may change what the others mean, such as strides',
  'entry array': "an accident of the reference's deserialiser; entries are objects",
  'dtype object': 'the same; element types are strings',
  'many ones': 'no weights have more than 64 dimensions, and a header could list millions of them',
  'shape zero times large': 'a dimension over 2^53 is not exact in JavaScript',
};

function accepts(header: string, data: number): boolean {
  const bytes = fileOf(header, data);
  try {
    parseHeader(bytes, bytes.length, 'case');
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(WeightsFormatError);
    return false;
  }
}

test(`the verdicts are those of ${verdicts.reference}, but for a list`, () => {
  const differing = verdicts.cases
    .filter(({ header, data, accepted }) => accepts(header, data) !== accepted)
    .map(({ name }) => name);
  expect(differing.sort()).toEqual(Object.keys(DISAGREEMENTS).sort());
  expect(verdicts.cases.length).toBeGreaterThan(100);
  expect(verdicts.cases.filter(({ accepted }) => accepted).length).toBeGreaterThan(40);
});

test('ranges and bytes of well-formed files are those of the npm package safetensors', () => {
  const names = Array.from({ length: 20 }, (_, i) => `blocks.${i}.weight`);
  const bytes = fileOfFloats(
    Object.fromEntries(
      names.map((name, i) => [name, { shape: [i, 2], values: Array.from({ length: 2 * i }, (_, k) => i + k / 8) }]),
    ),
  );
  const { tensors, dataOffset } = parseHeader(bytes, bytes.length, 'net');
  const theirs = new npm.SafeTensor(bytes);
  expect([...theirs.metadata.keys()].sort()).toEqual([...tensors.keys()].sort());
  for (const { name, dtype, shape, begin, end } of tensors.values()) {
    expect(theirs.metadata.get(name)).toEqual({ dtype, shape, data_offsets: [dataOffset + begin, dataOffset + end] });
    expect(theirs.getTensor(name)).toEqual(bytes.subarray(dataOffset + begin, dataOffset + end));
  }
});
