import { expect, it } from 'vitest';
import { readMutations } from '../unit/weights/torch_mutations.js';

const MUTATIONS = 1_000_000;
/** What the reader may hold at most beyond a file of a few kilobytes. */
const MOST_BYTES = 64 * 1024 * 1024;

it('a million mutated PyTorch files end in tensors or a typed error, in bounded memory', async () => {
  const { codes, mostBytes } = await readMutations(MUTATIONS, 1);
  const listed = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
  console.log(`${MUTATIONS} mutations, at most ${(mostBytes / 2 ** 20).toFixed(1)} MiB: ${listed.join(', ')}`);
  expect([...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(MUTATIONS);
  expect(mostBytes).toBeLessThan(MOST_BYTES);
});
