import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededPicture } from '../../truth/seeded_weights.js';
import { runTool, setUpTool } from './tool.js';
// @ts-expect-error plain JavaScript
import { CLI } from '../../tools/setup/bundle.mjs';

/** What the tool promises about files, in processes of its own, with nano, which needs no download. */
const TOOL = join(import.meta.dirname, '../..', CLI);
let folder: string;
beforeAll(setUpTool);
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const depthwise = (...args: string[]) => runTool(folder, args);
const bytes = (name: string) => readFile(join(folder, name));

async function picture(name: string, width = 48, height = 32): Promise<Buffer> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  const raw = { width, height, channels: 3 as const };
  await sharp(seededPicture('a picture', height, width), { raw }).toFile(join(folder, name));
  return bytes(name);
}

/** Runs the tool with `input` on its standard input; its standard output is bytes. */
function piped(input: Buffer, ...args: string[]): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [TOOL, ...args], { cwd: folder });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr }));
    child.stdin.end(input);
  });
}

describe('an input is never written', () => {
  it('whatever its name: a link, a hard link, a data file, the weights', async () => {
    const photo = await picture('photo.png');
    await symlink('photo.png', join(folder, 'latest.png'));
    await link(join(folder, 'photo.png'), join(folder, 'hard.png'));
    await writeFile(join(folder, 'plain.bin'), 'x');
    await symlink('photo.png', join(folder, 'd.npy'));
    for (const args of [
      ['-o', 'latest.png'],
      ['-o', 'hard.png'],
      ['-o', './photo.png'],
      ['-o', 'd.png', '--npy'],
    ]) {
      const run = await depthwise('photo.png', ...args);
      expect(run.code, args.join(' ')).toBe(2);
      expect(run.stderr).toMatch(/is not written.*\[OUTPUT_COLLISION\]/);
      expect(await bytes('photo.png')).toEqual(photo);
    }
  });

  it('also when it is the output of another picture of the same run', async () => {
    await picture('in/a.png');
    const b = await picture('in/b.png');
    await mkdir(join(folder, 'out'));
    await symlink('../in/b.png', join(folder, 'out/a-nano.png'));
    await symlink('../in/b.png', join(folder, 'out/a-png-nano.png'));
    const run = await depthwise('in', '-o', 'out');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/passed over: in\/a\.png would be written over the picture in\/b\.png/);
    expect(await bytes('in/b.png')).toEqual(b);
    expect(run.stdout).toBe('out/b-nano.png\n');
  });

  it('by the scores of an evaluation or the output of the bare network', async () => {
    await picture('data/a.png');
    await writeFile(join(folder, 'data/depth.json'), '{"kind":"depth"}');
    await writeFile(join(folder, 'data/a.pfm'), 'Pf\n1 1\n-1\n\0\0\0\0');
    await symlink('data/depth.json', join(folder, 'scores.json'));
    const run = await depthwise('eval', '--data', 'data', '--json', 'scores.json');
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/OUTPUT_COLLISION/) });
    expect(String(await bytes('data/depth.json'))).toBe('{"kind":"depth"}');
  });

  it('and a glob that names results does not make depth of depth; --skip-existing does nothing twice', async () => {
    await picture('x.png');
    expect((await depthwise('x.png', '--npy')).code).toBe(0);
    const names = (await readdir(folder)).sort();
    const drawn = await bytes('x-nano.png');
    const again = await depthwise(...names);
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: 'x-nano.png\n' });
    expect(again.stderr).toMatch(/left out, as depthwise wrote them: x-nano\.json, x-nano\.npy, x-nano\.png\./);
    expect(await readdir(folder)).toHaveLength(names.length);
    await writeFile(join(folder, 'x-nano.npy'), 'kept');
    expect(await depthwise('x.png', '--npy', '--skip-existing')).toMatchObject({ code: 0, stdout: '' });
    expect(String(await bytes('x-nano.npy'))).toBe('kept');
    expect(await bytes('x-nano.png')).toEqual(drawn);
  });
});

describe.skipIf(process.platform === 'win32')('what the system says no to', () => {
  it('a picture comes from standard input and goes to standard output, every byte of it', async () => {
    const photo = await picture('x.png');
    expect((await depthwise('x.png')).code).toBe(0);
    const run = await piped(photo, '-');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout.equals(await bytes('x-nano.png'))).toBe(true);
    expect((await piped(photo, '-', '-o', 'y.png')).stdout.toString()).toBe('y.png\n');
    expect(await bytes('y.png')).toEqual(await bytes('x-nano.png'));
    expect((await piped(photo, 'x.png', '-o', '-')).stdout.equals(run.stdout)).toBe(true);
    expect(await piped(photo, '-', '--json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/OPTION_CONFLICT/),
    });
    expect(await piped(Buffer.from('text'), '-')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/passed over: - is not a picture/),
    });
  });

  it('the built tool has its run bit', () => {
    expect(() => accessSync(TOOL, constants.X_OK)).not.toThrow();
  });
});
