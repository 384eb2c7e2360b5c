import { expect } from 'vitest';
import { WeightsFormatError } from '../../../src/errors.js';
import { parseHeader } from '../../../src/weights/format/safetensors.js';
import { randomFiles } from './random_headers.js';

/** Files made at a time. */
const BATCH = 12_000;

/**
 * Reads the headers of so many random files, and counts how they end: `accepted`, or the code of an error.
 * @throws what is no typed error, and where an accepted header does not hold together
 */
export async function headerOutcomes(files: number, seed: number): Promise<ReadonlyMap<string, number>> {
  const codes = new Map<string, number>();
  for (let done = 0; done < files; done += BATCH) {
    for (const bytes of randomFiles(seed + done, Math.min(BATCH, files - done))) {
      const code = outcome(bytes);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    // The runner's own messages come through between two batches.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return codes;
}

/** Holds the outcomes to what so many files have to show: a share that is accepted, and every kind of fault. */
export function expectOutcomes(codes: ReadonlyMap<string, number>, files: number): void {
  console.log(`${files} headers: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}`);
  expect([...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(files);
  expect(codes.get('accepted')! / files).toBeGreaterThan(0.2);
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
}

function outcome(bytes: Uint8Array): string {
  try {
    const header = parseHeader(bytes, bytes.length, 'fuzz');
    let at = 0;
    for (const [name, entry] of header.tensors) {
      if (entry.name !== name || entry.begin !== at)
        throw new Error(`"${name}" begins at ${entry.begin}, not at ${at}.`);
      at = entry.end;
    }
    if (header.dataOffset + header.dataLength !== bytes.length || at !== header.dataLength)
      throw new Error(`${header.dataOffset} and ${header.dataLength} bytes are not the ${bytes.length} of the file.`);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WeightsFormatError)) throw error;
    if (!error.message.startsWith('fuzz: ')) throw new Error(`"${error.message}" does not name the file.`);
    return error.code;
  }
}
