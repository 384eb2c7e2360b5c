import type { Lookahead } from './lookahead.js';
import { PickleMachine } from './pickle.js';
import type { Pickled } from './pickled.js';

/** Bytes asked for first; each further time it is twice as many, so that a long pickle is not copied often. */
const FIRST_BYTES = 64 * 1024;

/**
 * Reads one pickle, which tells by itself where it ends.
 * @returns its value, and its bytes
 * @throws WeightsFormatError `PT_*`, `ST_TRUNCATED`
 */
export async function takePickle(bytes: Lookahead): Promise<{ value: Pickled; raw: Uint8Array }> {
  const machine = new PickleMachine(bytes.source);
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let length = FIRST_BYTES; ; length *= 2) {
    const some = await bytes.takeUpTo(length);
    const chunk = some.length > 0 ? some : await bytes.take(1);
    chunks.push(chunk);
    total += chunk.length;
    const rest = machine.feed(chunk);
    if (!rest) continue;
    bytes.putBack(new Uint8Array(rest));
    const raw = new Uint8Array(total - rest.length);
    let at = 0;
    for (const piece of chunks) {
      raw.set(piece.subarray(0, raw.length - at), at);
      at += piece.length;
    }
    return { value: machine.result, raw };
  }
}
