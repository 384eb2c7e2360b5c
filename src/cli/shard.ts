import { createHash } from 'node:crypto';
import { normalize, relative, sep } from 'node:path';
import { UsageError } from '../errors.js';

/** One of several processes that part a set of pictures among them. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** Slurm refuses arrays of more than a few million tasks. */
const MOST_SHARDS = 1_000_000;

/**
 * Reads `I/N`.
 * @throws UsageError OPTION_VALUE for anything but two whole numbers with 1 <= I <= N
 */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= MOST_SHARDS) return { index, count };
  throw new UsageError(
    'OPTION_VALUE',
    `--shard is I/N, with I from 1 to N and N at most ${MOST_SHARDS}, not "${text}".`,
    { hint: 'The first of four processes takes --shard 1/4.', expected: MOST_SHARDS, actual: text },
  );
}

/**
 * Whether a file is this shard's. That depends on the file's path alone, so it stays where it is when others come or
 * go. Of a file in a searched folder it is the path inside, so that machines may have the folder in different places.
 */
export function isInShard({ index, count }: Shard, { path, folder }: { path: string; folder?: string }): boolean {
  const name = normalize(folder === undefined ? path : relative(folder, path))
    .split(sep)
    .join('/');
  const digest = createHash('sha256').update(name).digest();
  return digest.readUIntBE(0, 6) % count === index - 1;
}
