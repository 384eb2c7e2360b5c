import { fileOf } from './safetensors_file.js';

const DTYPES = ['F32', 'F16', 'BF16', 'F64', 'U8', 'F4', 'F6_E2M3', 'F7', 'f32', ''];
const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, F64: 8, U8: 1 };
const NUMBERS = [
  '0',
  '1',
  '2',
  '-1',
  '1.5',
  '1e3',
  '-0',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551614',
  '18446744073709551616',
  '"1"',
  'null',
  '[1]',
  '{}',
];
const METADATA = ['"abc"', '""', '5', 'true', 'null', '[]', '["a"]', '{"a":1}', '{}'];
const SCRAPS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u00',
  '\\ud800',
  '\u0000',
  '\uFEFF',
  'é',
  'null',
  'true',
  'NaN',
  '__metadata__',
  '__proto__',
  '//',
  '1e999',
];

/** Numbers in [0, 1) from a 32-bit state (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A header that is right but for a few chosen places, so that most of them get past the first checks. */
function headerText(random: () => number): { text: string; data: number } {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const rarely = random() < 0.5 ? 0 : 0.08;
  const number = (n: number): string => (random() < rarely ? pick(NUMBERS) : String(n));
  let at = 0;
  const members = Array.from({ length: Math.floor(random() * 6) }, (_, i) => {
    const dtype = random() < rarely ? pick(DTYPES) : pick(['F32', 'F16', 'U8', 'F64']);
    const shape = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * 4));
    const begin = at;
    at += (BYTES[dtype] ?? 1) * shape.reduce((a, b) => a * b, 1);
    const fields = [
      `"dtype":"${dtype}"`,
      `"shape":[${shape.map(number).join(',')}]`,
      `"data_offsets":[${number(begin)},${number(at)}]`,
    ];
    if (random() < rarely) fields.splice(Math.floor(random() * 3), 1, pick(fields));
    const name = random() < rarely ? pick(['a', '__proto__', '\\u0061', '__metadata__']) : `t${i}`;
    return `"${name}":{${fields.sort(() => random() - 0.5).join(',')}}`;
  });
  if (random() < 0.3) members.push(`"__metadata__":${random() < rarely ? pick(METADATA) : '{"format":"pt"}'}`);
  let text = `{${members.join(random() < rarely ? pick([',,', ' ', ';']) : ',')}}`;
  if (random() < rarely) {
    const cut = Math.floor(random() * text.length);
    text = text.slice(0, cut) + pick(SCRAPS) + text.slice(cut + (random() < 0.5 ? 1 : 0));
  }
  return { text, data: at + (random() < rarely ? Math.floor(random() * 3) - 1 : 0) };
}

/** Files that are right but for a few chosen places, and some that are cut or have a byte changed. */
export function randomFiles(seed: number, count: number): Uint8Array[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const { text, data } = headerText(random);
    const bytes = fileOf(text, Math.max(0, data));
    if (random() < 0.1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    return random() < 0.1 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
  });
}
