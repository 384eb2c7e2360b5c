import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WeightsFormatError } from '../../../src/errors.js';
import { parseHeader, readHeaderLength, type HeaderOptions } from '../../../src/weights/format/safetensors.js';
import { faultOf, fileOf, fileWith } from './safetensors_file.js';

const parse = (bytes: Uint8Array, options?: HeaderOptions) =>
  parseHeader(bytes, bytes.length, 'net.safetensors', options);
const entry = (name: string, dtype: string, shape: string, offsets: string): string =>
  `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
const withLength = (length: bigint, more = 0): Uint8Array => {
  const bytes = new Uint8Array(8 + more);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};

interface Case {
  readonly id: string;
  readonly what: string;
  readonly file: Uint8Array;
  readonly code: string;
  /** Each must appear in the message. */
  readonly says: readonly string[];
  readonly tensor?: string;
}

const long = 'x'.repeat(300);
const F4 = `{${entry('a', 'F32', '[1]', '[0,4]')}}`;

const rejected: readonly Case[] = [
  { id: 'S01', what: 'an empty file', file: new Uint8Array(0), code: 'ST_TOO_SHORT', says: ['8 bytes', 'there are 0'] },
  ...[1, 4, 7].map((n) => ({
    id: 'S02',
    what: `${n} bytes`,
    file: new Uint8Array(n),
    code: 'ST_TOO_SHORT',
    says: [`there are ${n}`],
  })),
  { id: 'S03', what: 'a header of 0 bytes', file: withLength(0n, 4), code: 'ST_HEADER_JSON', says: ['empty'] },
  {
    id: 'S04',
    what: 'a header past the end',
    file: withLength(100n, 20),
    code: 'ST_HEADER_LENGTH',
    says: ['100', '20'],
  },
  {
    id: 'S04',
    what: 'a header one byte past the end',
    file: withLength(21n, 20),
    code: 'ST_HEADER_LENGTH',
    says: ['21', '20'],
  },
  {
    id: 'S05',
    what: 'a header over the default cap',
    file: withLength(16_777_217n),
    code: 'ST_HEADER_TOO_LARGE',
    says: ['16777217', '16777216'],
  },
  {
    id: 'S06',
    what: 'a header of 2^63 bytes',
    file: withLength(2n ** 63n),
    code: 'ST_HEADER_TOO_LARGE',
    says: ['9223372036854775808'],
  },
  {
    id: 'S06',
    what: 'a header of 2^64-1 bytes',
    file: withLength(2n ** 64n - 1n),
    code: 'ST_HEADER_TOO_LARGE',
    says: ['18446744073709551615'],
  },
  {
    id: 'S07',
    what: 'a byte order mark',
    file: fileOf('\uFEFF{}'),
    code: 'ST_HEADER_JSON',
    says: ['byte 0', 'an object'],
  },
  { id: 'S07', what: 'an array', file: fileOf('[]'), code: 'ST_HEADER_JSON', says: ['byte 0', '"[]"'] },
  { id: 'S07', what: 'a string', file: fileOf('"a"'), code: 'ST_HEADER_JSON', says: ['byte 0'] },
  { id: 'S07', what: 'a vertical tab as padding', file: fileOf('\v{}'), code: 'ST_HEADER_JSON', says: ['byte 0'] },
  {
    id: 'S09',
    what: 'a stray continuation byte',
    file: fileOf(Uint8Array.of(0x7b, 0x22, 0x80, 0x22)),
    code: 'ST_HEADER_UTF8',
    says: ['byte 2'],
  },
  {
    id: 'S09',
    what: 'a character cut short',
    file: fileOf(Uint8Array.of(0x7b, 0x22, 0x61, 0xe2, 0x82)),
    code: 'ST_HEADER_UTF8',
    says: ['byte 3'],
  },
  {
    id: 'S09',
    what: 'an overlong encoding',
    file: fileOf(Uint8Array.of(0x7b, 0xc0, 0xaf)),
    code: 'ST_HEADER_UTF8',
    says: ['byte 1'],
  },
  {
    id: 'S09',
    what: 'a surrogate in UTF-8',
    file: fileOf(Uint8Array.of(0x7b, 0x22, 0xc3, 0xa9, 0xed, 0xa0, 0x80)),
    code: 'ST_HEADER_UTF8',
    says: ['byte 4'],
  },
  {
    id: 'S09',
    what: 'a code point past U+10FFFF',
    file: fileOf(Uint8Array.of(0x7b, 0xf4, 0x90, 0x80, 0x80)),
    code: 'ST_HEADER_UTF8',
    says: ['byte 1'],
  },
  {
    id: 'S10',
    what: 'a missing brace',
    file: fileOf('{"a":1'),
    code: 'ST_HEADER_JSON',
    says: ['byte 6', 'the end of the header'],
  },
  {
    id: 'S10',
    what: 'a trailing comma',
    file: fileOf(`{${entry('a', 'F32', '[]', '[0,4]')},}`, 4),
    code: 'ST_HEADER_JSON',
    says: ['a quoted key'],
  },
  {
    id: 'S10',
    what: 'a trailing comma in an array',
    file: fileOf(`{${entry('a', 'F32', '[1,]', '[0,4]')}}`, 4),
    code: 'ST_HEADER_JSON',
    says: ['a value'],
  },
  { id: 'S10', what: 'a comment', file: fileOf('{/* a */}'), code: 'ST_HEADER_JSON', says: ['byte 1'] },
  {
    id: 'S10',
    what: 'NaN',
    file: fileOf(`{${entry('a', 'F32', '[NaN]', '[0,4]')}}`),
    code: 'ST_HEADER_JSON',
    says: ['"NaN]'],
  },
  {
    id: 'S10',
    what: 'a leading zero',
    file: fileOf(`{${entry('a', 'F32', '[01]', '[0,4]')}}`, 4),
    code: 'ST_HEADER_JSON',
    says: ['"1]'],
  },
  {
    id: 'S10',
    what: 'something after the object',
    file: fileOf('{} x'),
    code: 'ST_HEADER_JSON',
    says: ['byte 3', 'the end of the header'],
  },
  { id: 'S10', what: 'a NUL after the object', file: fileOf('{}\0'), code: 'ST_HEADER_JSON', says: ['byte 2'] },
  { id: 'S10', what: 'two objects', file: fileOf('{}{}'), code: 'ST_HEADER_JSON', says: ['byte 2'] },
  {
    id: 'S10',
    what: 'a raw control character in a name',
    file: fileOf('{"a\u0001":1}'),
    code: 'ST_HEADER_JSON',
    says: ['byte 3', 'control'],
  },
  {
    id: 'S10',
    what: 'an unknown escape',
    file: fileOf('{"\\x41":1}'),
    code: 'ST_HEADER_JSON',
    says: ['byte 2', 'an escape'],
  },
  {
    id: 'S10',
    what: 'an escape named like an inherited property',
    file: fileOf('{"\\constructor":1}'),
    code: 'ST_HEADER_JSON',
    says: ['an escape'],
  },
  {
    id: 'S10',
    what: 'a short \\u escape',
    file: fileOf('{"\\u00g1":1}'),
    code: 'ST_HEADER_JSON',
    says: ['four hexadecimal digits'],
  },
  {
    id: 'S10',
    what: 'an offset after a wide character, in bytes',
    file: fileOf('{"é":?}'),
    code: 'ST_HEADER_JSON',
    says: ['byte 6'],
  },
  {
    id: 'S11',
    what: 'a million brackets',
    file: fileOf(`{"a":${'['.repeat(1e6)}`),
    code: 'ST_HEADER_JSON',
    says: ['at most 4 levels'],
  },
  {
    id: 'S11',
    what: 'a million objects',
    file: fileOf('{"a":'.repeat(1e6)),
    code: 'ST_HEADER_JSON',
    says: ['at most 4 levels'],
  },
  {
    id: 'S13',
    what: 'a tensor twice, other range',
    file: fileOf(`{${entry('a', 'U8', '[1]', '[0,1]')},${entry('a', 'U8', '[1]', '[1,2]')}}`, 2),
    code: 'ST_DUPLICATE_KEY',
    says: ['"a" twice'],
    tensor: 'a',
  },
  {
    id: 'S13',
    what: 'a tensor twice, same range',
    file: fileOf(`{${entry('a', 'U8', '[1]', '[0,1]')},${entry('a', 'U8', '[1]', '[0,1]')}}`, 1),
    code: 'ST_DUPLICATE_KEY',
    says: ['"a" twice'],
    tensor: 'a',
  },
  {
    id: 'S13',
    what: 'a tensor twice, once escaped',
    file: fileOf(`{${entry('a', 'U8', '[1]', '[0,1]')},${entry('\\u0061', 'U8', '[1]', '[1,2]')}}`, 2),
    code: 'ST_DUPLICATE_KEY',
    says: ['"a" twice'],
    tensor: 'a',
  },
  {
    id: 'S13',
    what: 'metadata twice',
    file: fileOf('{"__metadata__":{},"__metadata__":{}}'),
    code: 'ST_DUPLICATE_KEY',
    says: ['"__metadata__" twice'],
  },
  ...['"dtype":"U8"', '"shape":[1]', '"data_offsets":[0,1]'].map((field) => ({
    id: 'S14',
    what: `${field} twice`,
    file: fileOf(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],${field}}}`, 1),
    code: 'ST_DUPLICATE_KEY',
    says: ['entry of "a"', field.split(':')[0]!],
    tensor: 'a',
  })),
  {
    id: 'S16',
    what: 'a number in the metadata',
    file: fileOf('{"__metadata__":{"epoch":3}}'),
    code: 'ST_METADATA',
    says: ['"epoch"', 'the number 3'],
  },
  {
    id: 'S16',
    what: 'an object in the metadata',
    file: fileOf('{"__metadata__":{"a":{}}}'),
    code: 'ST_METADATA',
    says: ['"a"', 'an object'],
  },
  {
    id: 'S16',
    what: 'metadata that is a tensor',
    file: fileOf(`{${entry('__metadata__', 'U8', '[1]', '[0,1]')}}`, 1),
    code: 'ST_METADATA',
    says: ['"shape" is an array'],
  },
  {
    id: 'S16',
    what: 'metadata that is null',
    file: fileOf('{"__metadata__":null}'),
    code: 'ST_METADATA',
    says: ['is null'],
  },
  ...['dtype', 'shape', 'data_offsets'].map((field) => ({
    id: 'S17',
    what: `no ${field}`,
    file: fileOf(
      JSON.stringify({
        a: Object.fromEntries(
          Object.entries({ dtype: 'U8', shape: [1], data_offsets: [0, 1] }).filter(([name]) => name !== field),
        ),
      }),
      1,
    ),
    code: 'ST_ENTRY',
    says: ['"a"', `"${field}" is missing`],
    tensor: 'a',
  })),
  {
    id: 'S17',
    what: 'a field nobody knows',
    file: fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"strides":[1]}}', 1),
    code: 'ST_ENTRY',
    says: ['"a"', 'no field "strides"'],
    tensor: 'a',
  },
  {
    id: 'S17',
    what: 'an entry that is a number',
    file: fileOf('{"a":1}'),
    code: 'ST_ENTRY',
    says: ['"a"', 'the number 1'],
    tensor: 'a',
  },
  {
    id: 'S17',
    what: 'an entry that is an array',
    file: fileOf('{"a":["U8",[1],[0,1]]}', 1),
    code: 'ST_ENTRY',
    says: ['"a"', 'an array'],
    tensor: 'a',
  },
  {
    id: 'S17',
    what: 'a dtype that is a number',
    file: fileOf('{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}', 1),
    code: 'ST_ENTRY',
    says: ['"dtype" must be a string'],
    tensor: 'a',
  },
  {
    id: 'S17',
    what: 'a shape that is a number',
    file: fileOf(`{${entry('a', 'U8', '1', '[0,1]')}}`, 1),
    code: 'ST_ENTRY',
    says: ['"shape" must be an array'],
    tensor: 'a',
  },
  {
    id: 'S17',
    what: 'offsets that are an object',
    file: fileOf(`{${entry('a', 'U8', '[1]', '{}')}}`, 1),
    code: 'ST_ENTRY',
    says: ['"data_offsets" must be an array'],
    tensor: 'a',
  },
  ...['F7', 'f32', '', 'toString', '__proto__'].map((dtype) => ({
    id: 'S18',
    what: `dtype "${dtype}"`,
    file: fileOf(`{${entry('a', dtype, '[1]', '[0,4]')}}`, 4),
    code: 'ST_DTYPE',
    says: ['"a"', `"${dtype}"`],
    tensor: 'a',
  })),
  ...[
    '-1',
    '1.5',
    '1e3',
    '-0',
    '"1"',
    'null',
    '[1]',
    '1.0',
    '18446744073709551616',
    '9007199254740993',
    '9'.repeat(400),
  ].map((number) => ({
    id: 'S20',
    what: `${number.slice(0, 24)} in a shape`,
    file: fileOf(`{${entry('a', 'U8', `[${number}]`, '[0,1]')}}`, 1),
    code: 'ST_NUMBER',
    says: ['"a"', '"shape"'],
    tensor: 'a',
  })),
  ...['-1', '0.5', '1e0', '-0', '"0"', '9007199254740993', '18446744073709551615', '18446744073709551616'].map(
    (number) => ({
      id: 'S20',
      what: `${number} in the offsets`,
      file: fileOf(`{${entry('a', 'U8', '[1]', `[0,${number}]`)}}`, 1),
      code: 'ST_NUMBER',
      says: ['"a"', '"data_offsets"'],
      tensor: 'a',
    }),
  ),
  ...[
    '[2,18446744073709551614]',
    '[4194305,4194305,211106198978564]',
    '[9007199254740991,2]',
    '[9007199254740991]',
    '[3037000500,3037000500]',
  ].map((shape) => ({
    id: 'S21',
    what: `a shape of ${shape}`,
    file: fileOf(`{${entry('a', 'F32', shape, '[0,4]')}}`, 4),
    code: 'ST_OVERFLOW',
    says: ['"a"', 'more bytes than can be counted'],
    tensor: 'a',
  })),
  {
    id: 'S22',
    what: 'three 4-bit values',
    file: fileOf(`{${entry('a', 'F4', '[3]', '[0,2]')}}`, 2),
    code: 'ST_MISALIGNED_BITS',
    says: ['"a"', 'F4 [3]', '12 bits'],
    tensor: 'a',
  },
  {
    id: 'S22',
    what: 'two 6-bit values',
    file: fileOf(`{${entry('a', 'F6_E2M3', '[2]', '[0,2]')}}`, 2),
    code: 'ST_MISALIGNED_BITS',
    says: ['12 bits'],
    tensor: 'a',
  },
  ...['[]', '[0]', '[0,4,8]'].map((offsets, i) => ({
    id: 'S23',
    what: `offsets ${offsets}`,
    file: fileOf(`{${entry('a', 'F32', '[1]', offsets)}}`, 4),
    code: 'ST_OFFSETS',
    says: ['"a"', `holds ${[0, 1, 3][i]}`],
    tensor: 'a',
  })),
  {
    id: 'S23',
    what: 'offsets the wrong way round',
    file: fileOf(`{${entry('a', 'F32', '[1]', '[4,0]')}}`, 4),
    code: 'ST_OFFSETS',
    says: ['"a"', '4–0'],
    tensor: 'a',
  },
  {
    id: 'S24',
    what: 'an end far beyond the data',
    file: fileOf(`{${entry('a', 'U8', '[1000]', '[0,1000]')}}`, 4),
    code: 'ST_OFFSETS',
    says: ['"a"', '1000', 'has 4'],
    tensor: 'a',
  },
  {
    id: 'S24',
    what: 'an end one byte beyond the data',
    file: fileOf(`{${entry('a', 'U8', '[5]', '[0,5]')}}`, 4),
    code: 'ST_OFFSETS',
    says: ['byte 5', 'has 4'],
    tensor: 'a',
  },
  {
    id: 'S25',
    what: 'two tensors in one place',
    file: fileOf(`{${entry('a', 'U8', '[4]', '[0,4]')},${entry('b', 'U8', '[4]', '[0,4]')}}`, 4),
    code: 'ST_OVERLAP',
    says: ['"a" (0–4)', '"b" (0–4)'],
  },
  {
    id: 'S25',
    what: 'two tensors that share a byte',
    file: fileOf(`{${entry('b', 'U8', '[4]', '[3,7]')},${entry('a', 'U8', '[4]', '[0,4]')}}`, 7),
    code: 'ST_OVERLAP',
    says: ['"a" (0–4)', '"b" (3–7)'],
  },
  {
    id: 'S25',
    what: 'an empty tensor inside another',
    file: fileOf(`{${entry('a', 'U8', '[4]', '[0,4]')},${entry('b', 'U8', '[0]', '[2,2]')}}`, 4),
    code: 'ST_OVERLAP',
    says: ['"b" (2–2)'],
  },
  {
    id: 'S26',
    what: 'a hole at the start',
    file: fileOf(`{${entry('a', 'U8', '[4]', '[1,5]')}}`, 5),
    code: 'ST_HOLE',
    says: ['0–1', '"a"'],
  },
  {
    id: 'S26',
    what: 'a hole in the middle',
    file: fileOf(`{${entry('a', 'U8', '[4]', '[0,4]')},${entry('b', 'U8', '[1]', '[6,7]')}}`, 7),
    code: 'ST_HOLE',
    says: ['4–6', '"b"'],
  },
  {
    id: 'S27',
    what: 'bytes after the last tensor',
    file: fileOf(`{${entry('a', 'U8', '[4]', '[0,4]')}}`, 6),
    code: 'ST_TRAILING',
    says: ['2 bytes', '"a"', 'should be 4', 'is 6'],
  },
  { id: 'S27', what: 'bytes where no tensor is', file: fileOf('{}', 1), code: 'ST_TRAILING', says: ['1 bytes'] },
  {
    id: 'S28',
    what: 'a range that is too long',
    file: fileOf(`{${entry('a', 'F32', '[2,3]', '[0,25]')}}`, 25),
    code: 'ST_SIZE',
    says: ['"a"', 'F32 [2, 3]', '24', '25'],
    tensor: 'a',
  },
  {
    id: 'S28',
    what: 'a range that is too short',
    file: fileOf(`{${entry('a', 'F16', '[3]', '[0,4]')}}`, 4),
    code: 'ST_SIZE',
    says: ['F16 [3]', '6', '4'],
    tensor: 'a',
  },
  {
    id: 'S15',
    what: 'a long name, cut and escaped',
    file: fileOf(`{"${long}\\n":1}`),
    code: 'ST_ENTRY',
    says: [`"${'x'.repeat(200)}…"`],
  },
];

describe('headers that are refused', () => {
  test.each(rejected)('$id: $what → $code', ({ file, code, says, tensor }) => {
    const started = performance.now();
    const error = faultOf(() => parse(file));
    expect(error).toBeInstanceOf(WeightsFormatError);
    expect(error.code).toBe(code);
    expect(error.source).toBe('net.safetensors');
    expect(error.phase).toBe('load');
    expect(error.message).toContain('net.safetensors');
    for (const text of says) expect(error.message).toContain(text);
    expect(error.message).not.toContain('\n');
    expect(error.message.length).toBeLessThan(900);
    if (tensor !== undefined) expect(error.tensor).toBe(tensor);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('S05: the cap can be moved, but not past 100,000,000', () => {
    expect(faultOf(() => parse(withLength(200n), { maxHeaderBytes: 199 })).message).toContain('199');
    expect(faultOf(() => parse(withLength(100_000_001n), { maxHeaderBytes: Infinity })).expected).toBe(100_000_000);
    expect(faultOf(() => parse(withLength(100_000_000n), { maxHeaderBytes: Infinity })).code).toBe('ST_HEADER_LENGTH');
  });

  test('S04: the length is held to the size of the file before the header is read', () => {
    expect(readHeaderLength(withLength(20n), 28, 'net')).toBe(20);
    expect(faultOf(() => readHeaderLength(withLength(20n), 27, 'net'))).toMatchObject({
      code: 'ST_HEADER_LENGTH',
      expected: 20,
      actual: 19,
    });
    expect(readHeaderLength(withLength(20n), undefined, 'net')).toBe(20);
  });

  test('S12: more than 100,000 tensors', () => {
    const entries = Array.from({ length: 100_002 }, (_, i) => entry(String(i), 'U8', '[0]', '[0,0]'));
    const bytes = fileOf(`{${entries.join(',')}}`);
    const started = performance.now();
    const error = faultOf(() => parse(bytes));
    expect(error).toMatchObject({ code: 'ST_TOO_MANY_TENSORS', limit: 'maxTensors' });
    expect(performance.now() - started).toBeLessThan(10_000);
    const count = (n: number) => fileOf(`{"__metadata__":{},${entries.slice(0, n).join(',')}}`);
    expect(faultOf(() => parse(count(11), { maxTensors: 10 })).code).toBe('ST_TOO_MANY_TENSORS');
    expect(faultOf(() => parse(fileOf(`{${entries.slice(0, 11).join(',')}}`), { maxTensors: 10 })).code).toBe(
      'ST_TOO_MANY_TENSORS',
    );
    expect(parse(count(10), { maxTensors: 10 }).tensors.size).toBe(10);
  });

  test('S25: ten thousand views of one range are refused, not expanded', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => entry(String(i), 'U8', '[160000]', '[0,160000]'));
    expect(faultOf(() => parse(fileOf(`{${entries.join(',')}}`, 160_000))).code).toBe('ST_OVERLAP');
  });
});

describe('headers that are accepted', () => {
  test('S08: white space around the header', () => {
    for (const pad of [' ', '\t', '\r', '\n', '  \t\r\n']) {
      expect([...parse(fileOf(`${pad}${F4}${pad}`, 4)).tensors.keys()]).toEqual(['a']);
    }
    expect(
      parse(fileOf(` { "a" : { "shape" : [ 1 ] ,\n"data_offsets":[ 0 , 4 ], "dtype" : "F32" } } `, 4)).tensors.get('a'),
    ).toEqual({ name: 'a', dtype: 'F32', shape: [1], begin: 0, end: 4 });
  });

  test('S15: names are data', () => {
    const names = [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '',
      'a\u0000b',
      '\uD800',
      '../../x',
      'y'.repeat(1_000_000),
      '模型.权重',
      'tab\tquote"\\',
    ];
    const entryOf = (name: string, i: number) =>
      `${JSON.stringify(name)}:{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`;
    const header = `{${names.map(entryOf).join(',')}}`;
    const { tensors } = parse(fileOf(header, names.length));
    expect([...tensors.keys()]).toEqual(names);
    expect(tensors.get('__proto__')).toMatchObject({ begin: 0, end: 1 });
    expect(Object.prototype).not.toHaveProperty('dtype');
    const meta = parse(fileOf('{"__metadata__":{"__proto__":"x","format":"pt"}}')).metadata;
    expect([...meta]).toEqual([
      ['__proto__', 'x'],
      ['format', 'pt'],
    ]);
  });

  test('S19: every element type of the format', () => {
    const bits: Record<string, number> = {
      BOOL: 8,
      F4: 4,
      F6_E2M3: 6,
      F6_E3M2: 6,
      U8: 8,
      I8: 8,
      F8_E5M2: 8,
      F8_E4M3: 8,
      F8_E8M0: 8,
      F8_E4M3FNUZ: 8,
      F8_E5M2FNUZ: 8,
      I16: 16,
      U16: 16,
      F16: 16,
      BF16: 16,
      I32: 32,
      U32: 32,
      F32: 32,
      C64: 64,
      F64: 64,
      I64: 64,
      U64: 64,
    };
    const { tensors } = parse(
      fileWith(
        Object.fromEntries(Object.entries(bits).map(([dtype, b]) => [dtype, { dtype, shape: [2, 4], bytes: b }])),
      ),
    );
    expect([...tensors.values()].map(({ dtype, begin, end }) => [dtype, end - begin])).toEqual(Object.entries(bits));
  });

  test('S30: data at any alignment', () => {
    for (let pad = 0; pad < 8; pad++) {
      const bytes = fileOf(F4 + ' '.repeat(pad), 4);
      expect(parse(bytes)).toMatchObject({ dataOffset: 8 + F4.length + pad, dataLength: 4 });
    }
  });

  test('S32: empty tensors, scalars, no tensors, and any order', () => {
    expect(parse(fileOf('{}'))).toMatchObject({ dataOffset: 10, dataLength: 0 });
    const entries = [
      entry('last', 'F32', '[1]', '[6,10]'),
      entry('none', 'F32', '[0,7]', '[6,6]'),
      entry('scalar', 'F16', '[]', '[4,6]'),
      entry('first', 'F32', '[1]', '[0,4]'),
    ];
    const header = `{${entries.join(',')}}`;
    const { tensors } = parse(fileOf(header, 10));
    expect([...tensors.keys()]).toEqual(['first', 'scalar', 'none', 'last']);
    expect(tensors.get('scalar')!.shape).toEqual([]);
  });

  test('numbers up to 2^53 - 1, and a header as large as its file', () => {
    expect(parse(fileOf(`{${entry('a', 'U8', '[0,9007199254740]', '[0,0]')}}`)).tensors.get('a')!.shape).toEqual([
      0, 9007199254740,
    ]);
    expect(parse(fileOf('{}')).tensors.size).toBe(0);
  });

  const FIXTURES = new URL('../../fixtures/models/', import.meta.url);
  const models = readdirSync(FIXTURES).filter((name) => name.endsWith('.safetensors'));
  test.each(['../../../models/nano.safetensors', ...models])('what JSON.parse reads of %s', (path) => {
    const bytes = readFileSync(new URL(path, FIXTURES));
    const header = parse(bytes);
    const json = JSON.parse(bytes.toString('utf8', 8, header.dataOffset)) as Record<string, Record<string, unknown>>;
    const { __metadata__: metadata = {}, ...tensors } = json;
    expect(Object.fromEntries(header.metadata)).toEqual(metadata);
    expect(header.tensors.size).toBe(Object.keys(tensors).length);
    for (const { name, dtype, shape, begin, end } of header.tensors.values())
      expect({ dtype, shape, data_offsets: [begin, end] }).toEqual(tensors[name]);
  });

  test('read off the middle of a buffer, and quickly however many blanks it has', () => {
    const bytes = fileOf(`{${' '.repeat(8e6)}${F4.slice(1)}${' '.repeat(8e6 - 1000)}`, 4);
    const within = new Uint8Array(bytes.length + 13).subarray(7, 7 + bytes.length);
    within.set(bytes);
    const started = performance.now();
    expect(parse(within)).toEqual(parse(bytes));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('the header alone, when the size of the file is not known', () => {
    const bytes = fileOf(F4, 0);
    expect(parseHeader(bytes, undefined, 'net').dataLength).toBe(4);
    expect(faultOf(() => parseHeader(bytes.subarray(0, -1), undefined, 'net')).code).toBe('ST_HEADER_LENGTH');
  });
});

test('S29: a file cut at any byte is refused', () => {
  const bytes = fileWith(
    {
      a: { dtype: 'F32', shape: [2], bytes: 8 },
      b: { dtype: 'F16', shape: [3], bytes: 6 },
      c: { dtype: 'U8', shape: [0], bytes: 0 },
    },
    { format: 'pt' },
  );
  expect(parse(bytes).tensors.size).toBe(3);
  const codes = new Set<string>();
  for (let length = 0; length < bytes.length; length++) {
    const error = faultOf(() => parse(bytes.subarray(0, length)));
    expect(error).toBeInstanceOf(WeightsFormatError);
    codes.add(error.code);
  }
  expect([...codes]).toEqual(['ST_TOO_SHORT', 'ST_HEADER_LENGTH', 'ST_OFFSETS']);
});
