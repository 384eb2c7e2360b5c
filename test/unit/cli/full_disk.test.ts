import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

let diskIsFull = false;
/** On a full disk the first bytes still find room. */
const writeUntilFull: typeof writeFile = async (path, content, options) => {
  if (!diskIsFull) return writeFile(path, content, options);
  await writeFile(path, (content as Uint8Array).subarray(0, 3), options);
  throw new Error('ENOSPC: no space left on device, write');
};

let write: typeof import('../../../src/cli/write_outputs.js').write;
beforeAll(async () => {
  vi.doMock('node:fs/promises', async (load) => ({ ...(await load<object>()), writeFile: writeUntilFull }));
  // Test files share their modules; the query makes this one a module of its own, on the disk that fills up.
  const fullDisk = '../../../src/cli/write_outputs.ts?full-disk';
  ({ write } = (await import(fullDisk)) as typeof import('../../../src/cli/write_outputs.js'));
});
afterAll(() => void vi.doUnmock('node:fs/promises'));

let root: string;
let path: string;
beforeEach(async () => {
  diskIsFull = false;
  root = await mkdtemp(join(tmpdir(), 'depthwise-'));
  path = join(root, 'a.npy');
});
afterEach(() => rm(root, { recursive: true }));

const NEW = Uint8Array.of(1, 2, 3, 4, 5, 6);
const refusal = () =>
  expect.objectContaining({
    name: 'DepthFileError',
    code: 'OUTPUT_WRITE',
    source: path,
    message: expect.stringContaining('ENOSPC'),
  });

describe('write', () => {
  it('leaves nothing behind on a full disk', async () => {
    diskIsFull = true;
    await expect(write(path, NEW)).rejects.toEqual(refusal());
    expect(await readdir(root)).toEqual([]);
  });

  it('leaves an earlier file as it was on a full disk', async () => {
    await writeFile(path, 'before');
    diskIsFull = true;
    await expect(write(path, NEW)).rejects.toEqual(refusal());
    expect(await readdir(root)).toEqual(['a.npy']);
    expect(await readFile(path, 'utf8')).toBe('before');
  });

  it('replaces a file, where a link leads to it too, and keeps its rights', async () => {
    await writeFile(path, 'before');
    await chmod(path, 0o600);
    await symlink(path, join(root, 'link'));
    await write(join(root, 'link'), NEW);
    expect((await readdir(root)).sort()).toEqual(['a.npy', 'link']);
    expect(new Uint8Array(await readFile(path))).toEqual(NEW);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.platform === 'win32')('writes into a device in place of renaming over it', async () => {
    await symlink('/dev/null', join(root, 'null'));
    await write(join(root, 'null'), NEW);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    expect((await stat(join(root, 'null'))).isCharacterDevice()).toBe(true);
  });
});
