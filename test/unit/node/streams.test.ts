import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTensor } from '../../../src/cli/tensor.js';
import { Session } from '../../../src/cli/session.js';
import { write } from '../../../src/cli/write_outputs.js';
import { encodeNpy } from '../../../src/depth/formats/npy.js';
import { readDepthFile } from '../../../src/node/depth_file.js';
import { readPicture } from '../../../src/node/image_file.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
function pipe(): string {
  const path = join(folder, `pipe ${count++}`);
  execFileSync('mkfifo', [path]);
  return path;
}
const tensorOf = (input: string) => {
  const command = { command: 'tensor', input, output: join(folder, 'out.npy'), model: 'nano' } as const;
  const rest = { acceptLicense: false, precision: 'auto', hub: false, quiet: true } as const;
  return runTensor({ ...command, ...rest }, new Session(true, new AbortController().signal));
};

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('is given up after 2 seconds where nobody writes', async () => {
    const silent = /^[^:]+: cannot be read \(nobody wrote into it for 2 s\)\.$/;
    await Promise.all([
      expect(readPicture(pipe())).rejects.toThrow(
        expect.objectContaining({ code: 'IMAGE_READ', message: expect.stringMatching(silent) }),
      ),
      expect(readDepthFile(pipe())).rejects.toThrow(
        expect.objectContaining({ code: 'DEPTH_READ', message: expect.stringMatching(silent) }),
      ),
      expect(tensorOf(pipe())).rejects.toThrow(
        expect.objectContaining({ code: 'NPY_READ', message: expect.stringMatching(silent) }),
      ),
    ]);
  });

  it('is given up after 2 seconds where nobody reads, and written where somebody does', async () => {
    const [silent, heard] = [pipe(), pipe()];
    const reader = execFile('sh', ['-c', 'sleep 0.2; cat "$0"', heard]);
    const read = new Promise((resolve) => reader.stdout!.once('data', resolve));
    await Promise.all([
      expect(write(silent, 'bytes')).rejects.toMatchObject({
        code: 'OUTPUT_WRITE',
        message: expect.stringMatching(/ cannot be written \(nobody read from it for 2 s\)\.$/),
      }),
      write(heard, 'bytes'),
    ]);
    expect(await read).toBe('bytes');
  });

  it('is read where somebody writes', async () => {
    const map = Float32Array.of(1, 2, 3, 4, 5, 6);
    await writeFile(join(folder, 'map.npy'), encodeNpy(map, [2, 3]));
    await writeFile(join(folder, 'a.ppm'), Buffer.concat([Buffer.from('P6 1 1 255\n'), Buffer.from([1, 2, 3])]));
    const written = (name: string) => {
      const path = pipe();
      spawn('sh', ['-c', 'sleep 0.2; cat "$0" > "$1"', join(folder, name), path]);
      return path;
    };
    expect((await readDepthFile(written('map.npy'))).data).toEqual(map);
    expect([...(await readPicture(written('a.ppm'))).data]).toEqual([1, 2, 3, 255]);
  });
});
