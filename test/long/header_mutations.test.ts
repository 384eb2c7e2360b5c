import { expect, it } from 'vitest';
import { expectOutcomes, headerOutcomes } from '../unit/weights/header_outcomes.js';

/** Headers to try: ten million, which take about ten minutes, or as many as the environment says. */
const FILES = Number(process.env['DEPTHWISE_FUZZ'] ?? 10_000_000);
/** What may stay of all files together, in bytes: a header is a few hundred. */
const MOST_BYTES = 16 * 1024 * 1024;

it('ten million mutated headers end in a header that holds together or a typed error, and leave nothing', async () => {
  await headerOutcomes(12_000, 1);
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  const codes = await headerOutcomes(FILES, 20240607);
  globalThis.gc!();
  const kept = process.memoryUsage().heapUsed - before;
  expectOutcomes(codes, FILES);
  console.log(`${(kept / 2 ** 20).toFixed(1)} MiB of heap more than before`);
  expect(kept).toBeLessThan(MOST_BYTES);
}, 7_200_000);
