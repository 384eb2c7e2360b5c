import { expect, test } from 'vitest';
import { WeightsFormatError } from '../../../src/errors.js';
import { parseHeader } from '../../../src/weights/format/safetensors.js';
import { randomFiles } from './random_headers.js';

/** Headers to try: 12,000, or as many as the long suite is told (10 million take about ten minutes). */
const FILES = Number(process.env['DEPTHWISE_FUZZ'] ?? 12_000);
const BATCH = 12_000;

test('any bytes end in a header that holds together or in a typed error', { timeout: 60_000 + FILES / 5 }, () => {
  const codes = new Map<string, number>();
  for (let done = 0; done < FILES; done += BATCH) {
    for (const bytes of randomFiles(20240607 + done, Math.min(BATCH, FILES - done))) {
      const code = outcome(bytes);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  console.log(`${FILES} headers: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}`);
  expect(codes.get('accepted')! / FILES).toBeGreaterThan(0.2);
  for (const code of [
    'ST_HEADER_JSON',
    'ST_DUPLICATE_KEY',
    'ST_ENTRY',
    'ST_DTYPE',
    'ST_NUMBER',
    'ST_SIZE',
    'ST_OFFSETS',
    'ST_TRAILING',
    'ST_METADATA',
    'ST_OVERFLOW',
  ]) {
    expect(codes.get(code), code).toBeGreaterThan(0);
  }
});

function outcome(bytes: Uint8Array): string {
  try {
    const header = parseHeader(bytes, bytes.length, 'fuzz');
    let at = 0;
    for (const [name, entry] of header.tensors) {
      expect(entry.name).toBe(name);
      expect(entry.begin).toBe(at);
      at = entry.end;
    }
    expect(header.dataOffset + header.dataLength).toBe(bytes.length);
    expect(at).toBe(header.dataLength);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WeightsFormatError)) throw error;
    expect(error.message).toMatch(/^fuzz: /);
    return error.code;
  }
}
