import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { seededPicture } from '../../truth/seeded_weights.js';
import { runTool, setUpTool } from './tool.js';
// @ts-expect-error plain JavaScript
import { CLI } from '../../tools/setup/bundle.mjs';

/** A folder parted among processes, as the examples part it. */
const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/many-machines');
const hasParallel = String(spawnSync('parallel', ['--version']).stdout).includes('GNU');
if (!hasParallel) console.warn('SKIPPED: there is no GNU parallel here, so its example is not run.');
const NAMES = ['a.png', 'b.png', 'c.png', 'x/a.png', 'x/b.png', 'x/y/a.png'];
let folder: string;
beforeAll(setUpTool);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  for (const name of NAMES) {
    await mkdir(join(folder, 'photos', name, '..'), { recursive: true });
    await sharp(seededPicture(name, 24, 32), { raw: { width: 32, height: 24, channels: 3 } }).toFile(
      join(folder, 'photos', name),
    );
  }
  // A name without an extension of its own clashes with another shard's; the parts have to agree on both.
  await writeFile(join(folder, 'photos/a.jpg'), await sharp(join(folder, 'photos/a.png')).jpeg().toBuffer());
  await mkdir(join(folder, 'bin'));
  const tool = join(folder, 'bin/depthwise');
  await writeFile(tool, `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, CLI as string)} "$@"\n`);
  await chmod(tool, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a shell with the tool on its path. */
function shell(args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const path = `${join(folder, 'bin')}:${process.env.PATH}`;
    const child = spawn('bash', args, { cwd: folder, env: { ...process.env, ...env, PATH: path } });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr.resume();
    child.on('close', (code) => resolve({ code, stdout }));
  });
}

async function filesIn(name: string): Promise<string[]> {
  const found = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file))
    .sort();
}

const EXPECTED = ['a-jpg-nano', 'a-png-nano', 'b-nano', 'c-nano', 'x/a-nano', 'x/b-nano', 'x/y/a-nano'];
const outputs = (base: string) =>
  EXPECTED.flatMap((name) => ['-16bit.png', '.json', '.png'].map((end) => join(folder, base, name + end))).sort();

it.skipIf(process.platform === 'win32')('a Slurm array does each picture once, and again nothing', async () => {
  const task = (id: number) =>
    shell([join(EXAMPLES, 'slurm.sh'), 'photos', 'depth'], {
      SLURM_ARRAY_TASK_ID: String(id),
      SLURM_ARRAY_TASK_MAX: '2',
    });
  const ended = await Promise.all([1, 2].map(task));
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  expect(await filesIn('depth')).toEqual(outputs('depth'));
  // Each file is named by one process alone.
  const printed = ended.flatMap(({ stdout }) => stdout.trim().split('\n'));
  expect(printed.map((line) => join(folder, line)).sort()).toEqual(outputs('depth'));
  expect(await task(2)).toEqual({ code: 0, stdout: '' });
});

it.skipIf(process.platform === 'win32')('so does an indexed Job', async () => {
  const job = await readFile(join(EXAMPLES, 'kubernetes.yaml'), 'utf8');
  const [, completions] = /completions: (\d+)/.exec(job)!;
  expect(job).toContain(`- name: SHARDS # as completions\n              value: '${completions}'`);
  const [, command] = /- (depthwise .*)/.exec(job)!;
  const line = command!.replace('/photos', 'photos').replace('/depth', 'depth');
  const pod = (index: number) => shell(['-c', line], { JOB_COMPLETION_INDEX: String(index), SHARDS: '2' });
  const ended = await Promise.all([0, 1].map(pod));
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  expect(await filesIn('depth')).toEqual(outputs('depth'));
});

it.skipIf(!hasParallel)('so does GNU parallel', async () => {
  const run = () => shell([join(EXAMPLES, 'parallel.sh'), 'photos', 'depth', '3'], {});
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(await filesIn('depth')).toEqual(outputs('depth'));
  const printed = stdout.trim().split('\n');
  expect(printed.map((line) => join(folder, line)).sort()).toEqual(outputs('depth'));
  expect(await run()).toEqual({ code: 0, stdout: '' });
});

it('refuses a part that is none', async () => {
  for (const text of ['0/3', '4/3', '1/0', '1', 'a/b', '1/3/5', '-1/3', '1/2000000']) {
    const ended = await runTool(folder, ['photos', `--shard=${text}`]);
    expect(ended, text).toMatchObject({ code: 2, stderr: expect.stringContaining('--shard is I/N') });
  }
});
