import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTree } from '../../../src/node/archive/file_tree.js';
import { BenchmarkSets } from './benchmark_sets.js';

const sets = new BenchmarkSets();

describe('damaged archives', () => {
  /** A copy of an archive of the fixture with some bytes set, or cut. */
  async function spoilt(path: string, edit: (bytes: Buffer) => Buffer | void): Promise<string> {
    const copy = join(sets.root, `spoilt.${path.slice(-3)}`);
    await copyFile(join(sets.root, path), copy);
    const bytes = await readFile(copy);
    await writeFile(copy, edit(bytes) ?? bytes);
    return copy;
  }
  const readAll = async (path: string) => {
    const tree = await openTree(path);
    try {
      for (const name of tree.names) await tree.read(name);
    } finally {
      await tree.close();
    }
  };
  const zip = 'moge/GSO.zip';
  const tar = 'marigold/diode/diode_val.tar';
  const firstEntryEnd = (bytes: Buffer) =>
    512 + 512 * Math.ceil(Number.parseInt(bytes.toString('latin1', 124, 135), 8) / 512);
  const central = (bytes: Buffer) => bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));

  it.each<[string, string, RegExp, (bytes: Buffer) => Buffer | void]>([
    ['cut short, zip', zip, /no end record/, (b) => b.subarray(0, -30)],
    ['a directory past the end', zip, /states a directory/, (b) => void b.writeUInt32LE(0xfffffff0, b.length - 6)],
    ['a size that no map has', zip, /at most 536870912/, (b) => void b.writeUInt32LE(0xf0000000, central(b) + 24)],
    [
      'a bomb: more than is stated',
      zip,
      /cannot be unpacked to the 3/,
      (b) => void b.writeUInt32LE(3, central(b) + 24),
    ],
    ['less than is stated', zip, /directory states/, (b) => void b.writeUInt32LE(99_999, central(b) + 24)],
    ['another checksum', zip, /checksum/, (b) => void b.writeUInt32LE(1, central(b) + 16)],
    ['encryption', zip, /encrypted/, (b) => void b.writeUInt16LE(1, central(b) + 8)],
    ['another way to pack', zip, /method 12/, (b) => void b.writeUInt16LE(12, central(b) + 10)],
    [
      'fewer entries stated than there are',
      zip,
      /states 1 entries in \d+ bytes, and they end at/,
      (b) => void b.writeUInt16LE(1, b.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6])) + 10),
    ],
    [
      'a hole where an entry begins, tar',
      tar,
      /has its end at byte 1536, and goes on/,
      (b) => void b.fill(0, 1024, 1536),
    ],
    ['cut short, tar', tar, /inside an entry/, (b) => b.subarray(0, 600)],
    ['cut between entries, tar', tar, /without the empty block/, (b) => b.subarray(0, firstEntryEnd(b))],
    ['another header', tar, /no tar archive/, (b) => void b.fill(1, 0, 20)],
  ])('with %s are refused by name', async (_what, path, words, edit) => {
    const error: { code?: string; message?: string; source?: string } = await readAll(await spoilt(path, edit)).then(
      () => ({}),
      (thrown: object) => thrown,
    );
    expect(error.code).toBe('EVAL_ARCHIVE');
    expect(error.message).toMatch(words);
    expect(error.message).toContain('spoilt');
  });
});
