import { recordOf, within, type Record } from './clock.js';
import type { OpRun } from '../truth/op_run.js';

/** More than the caches of today's adapters hold. */
const COLD_BYTES = 256 * 2 ** 20;
/** Cases so small that more copies were needed are bound by other things than memory. */
const MOST_COPIES = 64;

/** How many copies of a case's buffers a cache cannot hold at once. */
export function copiesFor(bytes: number): number {
  return Math.min(MOST_COPIES, Math.ceil(COLD_BYTES / bytes) + 1);
}

/**
 * Dispatches of one kernel that take turns on copies of its buffers, so that none finds its inputs in a cache. With one
 * copy, dispatches repeat on the same buffers.
 */
export async function rotating(first: OpRun, copies: number, compile: () => Promise<OpRun>): Promise<Record> {
  if (copies === 1) return recordOf(first);
  const runs = [first];
  while (runs.length < copies) runs.push(await compile());
  let next = 0;
  return (encoder, repeats, timestampWrites) => {
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    for (let i = 0; i < repeats; i++) (runs[next++ % copies] as OpRun).encode(within(pass));
    pass.end();
  };
}
