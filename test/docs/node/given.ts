// What is asked of the results of examples in Node.
import { readFile } from 'node:fs/promises';

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The example ran, but ${what}.`);
}

/** Whether a file starts as files of its format do. */
export async function starts(path: string, magic: string): Promise<void> {
  const found = (await readFile(path)).subarray(0, magic.length).toString('latin1');
  check(found === magic, `${path} starts with ${JSON.stringify(found)}`);
}

/** Whether an array has more than one value, all of them finite. */
export function varied(values: ArrayLike<number>, what: string): void {
  const all = Array.from(values);
  check(new Set(all).size > 1 && all.every(Number.isFinite), `${what} is flat or not finite`);
}
