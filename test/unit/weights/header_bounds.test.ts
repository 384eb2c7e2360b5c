import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileOf } from './safetensors_file.js';

const ROOT = join(import.meta.dirname, '../../..');
const BUILT = join(ROOT, 'test/output/bounds');
/**
 * Most memory that a refused file may take beside a loaded library: header, its text, and at most 100,000 entries.
 * Measured: 62 MiB, and 153 with entries; 1,300 before there were bounds.
 */
const MOST_MIB = 192;
const HEADER = 16 * 1024 * 1024 - 1024;

/** Loads a file in a process of its own, which tells the error and by how much its largest resident size grew. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { create } from 'webgpu';
const peakKiB = () => {
  // On Linux the figure of getrusage is that of the parent, where that was larger; the kernel's own is not.
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\\s+([0-9]+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
};
const { loadDepthModel } = await import(process.argv[2]);
const gpu = create(['backend=null']);
const load = (path) =>
  loadDepthModel(path, { gpu, cache: false, precision: 'f32' }).then(
    () => 'loaded',
    ({ code, message }) => [code, message.slice(0, 300)],
  );
await load(process.argv[4]);
const before = peakKiB();
const outcome = await load(process.argv[3]);
console.log(JSON.stringify({ outcome, mib: (peakKiB() - before) / 1024 }));
process.exit(0);
`;

beforeAll(async () => {
  mkdirSync(BUILT, { recursive: true });
  await build({
    configFile: join(ROOT, 'vite.node.config.ts'),
    root: ROOT,
    logLevel: 'error',
    build: { outDir: join(BUILT, 'lib'), emptyOutDir: true },
  });
  writeFileSync(join(BUILT, 'load.mjs'), SCRIPT);
  writeFileSync(join(BUILT, 'small.safetensors'), fileOf('{"a":{"dtype":"F7"}}'));
}, 60_000);
afterAll(() => rmSync(BUILT, { recursive: true, force: true }));

function load(file: Uint8Array): { outcome: [string, string]; mib: number } {
  const path = join(BUILT, 'evil.safetensors');
  writeFileSync(path, file);
  const node = pathToFileURL(join(BUILT, 'lib/node.js')).href;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(BUILT, 'load.mjs'), node, path, join(BUILT, 'small.safetensors')],
    { encoding: 'utf8', cwd: ROOT },
  );
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as { outcome: [string, string]; mib: number };
}

const repeated = (start: string, item: string, end: string): string =>
  start + item.repeat(Math.floor((HEADER - start.length - end.length) / item.length)) + end;

const tensor = (shape: string, end: number): string => `{"dtype":"F32","shape":[${shape}],"data_offsets":[0,${end}]}`;

describe('a file that asks for memory', () => {
  it.each([
    [
      '8 million dimensions of 1',
      repeated('{"a":{"dtype":"F32","data_offsets":[0,4],"shape":[', '1,', '1]}}'),
      'ST_RANK',
    ],
    [
      '8 million dimensions of 0',
      repeated('{"a":{"dtype":"F32","data_offsets":[0,0],"shape":[', '0,', '0]}}'),
      'ST_RANK',
    ],
    ['65 dimensions', `{"a":${tensor(new Array(65).fill(1).join(), 4)}}`, 'ST_RANK'],
    [
      'as many fields',
      repeated(`{"a":{`, '"":0,', '"b":0}}')
        .replace(
          /"":/g,
          (() => {
            let n = 0;
            return () => `"${(n++).toString(36)}":`;
          })(),
        )
        .slice(0, HEADER),
      'ST_ENTRY',
    ],
    ['a million offsets', repeated('{"a":{"dtype":"F32","shape":[1],"data_offsets":[', '0,', '4]}}'), 'ST_RANK'],
    ['nesting without end', repeated('{"a":', '[', ''), 'ST_HEADER_JSON'],
    [
      'more tensors than any model',
      `{${Array.from(
        { length: 260_000 },
        (_, i) => `"${i.toString(36)}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
      )
        .join()
        .slice(0, HEADER)}`,
      'ST_TOO_MANY_TENSORS',
    ],
    ['a name of 16 million characters', repeated('{"', 'x', `":${tensor('1', 8)}}`), 'ST_SIZE'],
  ])('%s is refused in little memory', (_, header, code) => {
    const { outcome, mib } = load(fileOf(header, 4));
    console.log(`${_}: ${outcome[0]}, ${mib.toFixed(0)} MiB more`);
    expect(outcome[0], outcome[1]).toBe(code);
    expect(mib).toBeLessThan(MOST_MIB);
  });

  it('a gigabyte that a short file claims is not allocated', () => {
    const header = `{"depth_head.scratch.output_conv2.0.weight":${tensor(String(2 ** 28), 2 ** 30)}}`;
    const { outcome, mib } = load(fileOf(header, 64));
    expect(outcome[0]).toBe('ST_OFFSETS');
    expect(mib).toBeLessThan(32);
  });
});
