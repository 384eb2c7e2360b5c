import { spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, cp, link, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeNpy } from '../../src/depth/formats/npy.js';
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

interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a command with `input` on its standard input; its standard output is bytes. */
function run(command: string, args: readonly string[], input: Buffer, options: SpawnOptions = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: folder, ...options, stdio: 'pipe' });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr }));
    child.stdin.end(input);
  });
}

const piped = (input: Buffer, ...args: string[]) => run(process.execPath, [TOOL, ...args], input);

/**
 * A user without a home, with a copy of what the driver has compiled for us: compiling it again takes half a minute.
 */
async function homeless(): Promise<SpawnOptions> {
  const [kept, copy] = [join(homedir(), '.cache/mesa_shader_cache_db'), join(folder, 'compiled')];
  if (existsSync(kept)) await cp(kept, join(copy, 'mesa_shader_cache_db'), { recursive: true });
  spawnSync('chown', ['-R', '12345:12345', copy]);
  const { HOME: _home, DEPTHWISE_CACHE: _cache, XDG_CACHE_HOME: _xdg, ...env } = process.env;
  return { uid: 12345, gid: 12345, env: { ...env, MESA_SHADER_CACHE_DIR: copy } };
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
      const ended = await depthwise('photo.png', ...args);
      expect(ended.code, args.join(' ')).toBe(2);
      expect(ended.stderr).toMatch(/is not written.*\[OUTPUT_COLLISION\]/);
      expect(await bytes('photo.png')).toEqual(photo);
    }
  });

  it('also when it is the output of another picture of the same run', async () => {
    await picture('in/a.png');
    const b = await picture('in/b.png');
    await mkdir(join(folder, 'out'));
    await symlink('../in/b.png', join(folder, 'out/a-nano.png'));
    await symlink('../in/b.png', join(folder, 'out/a-png-nano.png'));
    const ended = await depthwise('in', '-o', 'out');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/passed over: in\/a\.png would be written over in\/b\.png, which is read/);
    expect(await bytes('in/b.png')).toEqual(b);
    expect(ended.stdout).toBe('out/b-nano.png\n');
  });

  it('by the scores of an evaluation or the output of the bare network', async () => {
    await picture('data/a.png');
    await writeFile(join(folder, 'data/depth.json'), '{"kind":"depth"}');
    await writeFile(join(folder, 'data/a.pfm'), 'Pf\n1 1\n-1\n\0\0\0\0');
    await symlink('data/depth.json', join(folder, 'scores.json'));
    const ended = await depthwise('eval', '--data', 'data', '--json', 'scores.json');
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/OUTPUT_COLLISION/) });
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
    await writeFile(join(folder, 'x-nano.npy'), '');
    expect((await depthwise('x.png', '--npy', '--skip-existing')).code).toBe(0);
    expect((await bytes('x-nano.npy')).length).toBeGreaterThan(4 * 48 * 32);
  });
});

describe.skipIf(process.platform === 'win32')('what the system says no to', () => {
  it('a picture comes from standard input and goes to standard output, every byte of it', async () => {
    const photo = await picture('x.png');
    expect((await depthwise('x.png')).code).toBe(0);
    const ended = await piped(photo, '-');
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout.equals(await bytes('x-nano.png'))).toBe(true);
    expect((await piped(photo, '-', '-o', 'y.png')).stdout.toString()).toBe('y.png\n');
    expect(await bytes('y.png')).toEqual(await bytes('x-nano.png'));
    expect((await piped(photo, 'x.png', '-o', '-')).stdout.equals(ended.stdout)).toBe(true);
    expect(await piped(photo, '-', '--json')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/OPTION_CONFLICT/),
    });
    expect(await piped(Buffer.from('text'), '-')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/passed over: - is not a picture/),
    });
  });

  it('a pipe is read by every name it has, as the file is', async () => {
    const photo = await picture('x.png');
    expect((await depthwise('x.png')).code).toBe(0);
    const drawn = await bytes('x-nano.png');
    spawnSync('mkfifo', [join(folder, 'fifo')]);
    const tool = `"${process.execPath}" "${TOOL}"`;
    for (const [name, line] of [
      ['stdin', `${tool} /dev/stdin -o stdin.png`],
      ['process', `${tool} <(cat x.png) -o process.png`],
      ['fifo', `cat x.png > fifo & ${tool} fifo -o fifo.png`],
      ['slow', `(head -c 700 x.png; sleep 1; tail -c +701 x.png) > fifo & ${tool} fifo -o slow.png`],
    ] as const) {
      const ended = await run('bash', ['-c', line], photo);
      expect(ended.code, `${line}: ${ended.stderr}`).toBe(0);
      expect(ended.stdout.toString()).toBe(`${name}.png\n`);
      expect((await bytes(`${name}.png`)).equals(drawn), name).toBe(true);
    }
  });

  it('a pipe that nobody writes to costs itself alone, soon', async () => {
    await picture('x.png');
    spawnSync('mkfifo', [join(folder, 'p.png')]);
    const ended = await depthwise('p.png', 'x.png');
    expect(ended).toMatchObject({ code: 1, stdout: 'x-nano.png\n' });
    expect(ended.stderr).toMatch(/passed over: p\.png cannot be read \(nobody wrote into it for 2 s\)/);
  });

  it.skipIf(process.getuid?.() !== 0)('a user without a home and a folder that is closed', async () => {
    await picture('in/x.png');
    await mkdir(join(folder, 'in/closed'), { mode: 0o000 });
    await mkdir(join(folder, 'out'));
    await chmod(join(folder, 'out'), 0o777);
    await chmod(folder, 0o755);
    const ended = await run(process.execPath, [TOOL, 'in', '-o', 'out'], Buffer.alloc(0), await homeless());
    expect(ended.stdout.toString(), ended.stderr).toBe('out/x-nano.png\n');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/passed over: in\/closed cannot be read \(EACCES/);
    expect(ended.stderr).not.toMatch(/ {4}at /);
  });

  it('names that steer the terminal are shown as escapes', async () => {
    await picture('in/x.png');
    await writeFile(join(folder, 'in/a\x1b[31m\u202e\u009b.txt'), 'text');
    const ended = await depthwise('in');
    expect(ended).toMatchObject({ code: 1, stdout: 'in/x-nano.png\n' });
    expect(ended.stderr).toContain('a\\u001b[31m\\u202e\\u009b.txt is not a picture');
  });

  describe.skipIf(process.platform !== 'linux')('names that are not UTF-8', () => {
    const raw = (...parts: (string | number)[]) =>
      Buffer.concat(
        [folder, '/', ...parts].map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
      );
    const names = async (at: Buffer) => (await readdir(at, 'buffer')).map((name) => name.toString('latin1')).sort();

    it('of pictures and folders are read, each drawn beside itself, and the rest goes on', async () => {
      const photo = await picture('in/x.png');
      await mkdir(raw('in/', 0xe9, 't', 0xe9));
      for (const path of [
        raw('in/', 0xff, 0xfe, '.png'),
        raw('in/\u00e9', 0xff, '.png'),
        raw('in/%FF%FE.png'),
        raw('in/', 0xe9, 't', 0xe9, '/a.png'),
        raw('in/', 0xe9, 't', 0xe9, '/', 0xe8, '.png'),
      ])
        await writeFile(path, photo);
      await symlink('nowhere', raw('in/', 0xfd, '.png'));
      const ended = await depthwise('in');
      expect(ended.stdout.trim().split('\n').sort(), ended.stderr).toEqual([
        'in/%%FF%FE-nano.png',
        'in/%E9t%E9/%E8-nano.png',
        'in/%E9t%E9/a-nano.png',
        'in/%FF%FE-nano.png',
        'in/x-nano.png',
        'in/\u00e9%FF-nano.png',
      ]);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/passed over: in\/%FD\.png no such file or folder/);
      expect(await names(raw('in/', 0xe9, 't', 0xe9))).toEqual(['%E8-nano.png', 'a-nano.png', 'a.png', '\xe8.png']);
      const drawn = await bytes('in/x-nano.png');
      expect((await readFile(raw('in/', 0xe9, 't', 0xe9, '/a-nano.png'))).equals(drawn)).toBe(true);
      expect((await readFile(raw('in/', 0xff, 0xfe, '.png'))).equals(photo)).toBe(true);
      // Their results are known as such, and done once.
      const again = await depthwise('in', '--skip-existing');
      expect(again.stdout).toBe('');
    });

    it('on a command line are read too, among others, and drawn where they are told', async () => {
      const photo = await picture('x.png');
      await writeFile(raw(0xff, '.png'), photo);
      await writeFile(raw(0xfe, '.png'), photo);
      await mkdir(raw('out', 0xff));
      const tool = `"${process.execPath}" "${TOOL}"`;
      const line = [
        `${tool} $'\\xff.png' x.png -o $'out\\xff'`,
        `${tool} *.png -o all`,
        `${tool} x.png --weights $'\\xff.pt'`,
      ].join(' && ');
      const ended = await run('bash', ['-c', line], Buffer.alloc(0));
      expect(ended.stdout.toString().split('\n').sort(), ended.stderr).toEqual([
        '',
        'all/%FE-nano.png',
        'all/%FF-nano.png',
        'all/x-nano.png',
        'out%FF/%FF-nano.png',
        'out%FF/x-nano.png',
      ]);
      expect(await names(raw('out', 0xff))).toEqual(['%FF-nano.png', 'x-nano.png']);
      expect(ended.stderr).toMatch(/%FF\.pt.*\[SOURCE_FILE\]/);
      expect(ended.code).toBe(1);
    });
  });

  it('the built tool has its run bit', () => {
    expect(() => accessSync(TOOL, constants.X_OK)).not.toThrow();
  });
});

describe('a large picture', () => {
  it('is told what helps, and has its map at the size of the network', async (context) => {
    const { limits } = JSON.parse((await depthwise('info', '--json')).stdout) as { limits: Record<string, number> };
    const side = limits['maxTextureDimension2D']!;
    const height = Math.ceil((limits['maxStorageBufferBindingSize']! + 1) / 4 / side);
    if (height > side || side * height > 2 ** 27) context.skip('no picture that is read is too large for this device');
    await sharp({ create: { width: side, height, channels: 3, background: '#48a' } })
      .png()
      .toFile(join(folder, 'x.png'));
    expect((await depthwise('x.png', '--input-size', '64')).stderr).toMatch(/--size network.*\[LIMIT_BINDING\]/);
    const small = ['--input-size', '64', '--size', 'network', '--npy', '--span', 'percentiles'];
    const ended = await depthwise('x.png', ...small);
    expect(ended.code, ended.stderr).toBe(0);
    const { shape } = decodeNpy(await bytes('x-nano.npy'));
    expect(Math.max(...shape)).toBeLessThan(1024);
    expect(await sharp(join(folder, 'x-nano.png')).metadata()).toMatchObject({ height: shape[0], width: shape[1] });
  });
});
