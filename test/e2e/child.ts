import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './chromium.js';
import { setUpTool } from './tool.js';

/** How a child process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a script has at hand: the library, a picture, and memory after garbage was collected. */
const PRELUDE = `
const library = await import(process.argv[2]);
const { loadDepthModel } = library;
const { create } = await import(process.argv[3]);
const picture = { data: Uint8Array.from({ length: 64 * 48 * 4 }, (_, i) => (i * 37) % 256), width: 64, height: 48 };
const OPTIONS = { precision: 'f32', cache: false };
/** Lets Dawn tell what it has to tell while objects are collected. */
async function collect() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
const memory = [];
async function measure() {
  await collect();
  const { heapUsed, rss } = process.memoryUsage();
  memory.push([heapUsed / 2 ** 20, rss / 2 ** 20]);
}
const bitsOf = async (depth) => Buffer.from((await depth.read()).buffer).toString('latin1');
`;

/**
 * Runs a script in a process of its own, with the built library, and --expose-gc. The script runs behind `PRELUDE`;
 * it ends by itself, and not because it is told to.
 */
export async function runScript(body: string, timeout = 240_000): Promise<Ended> {
  setUpTool();
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-child-'));
  try {
    const script = join(folder, 'script.mjs');
    await writeFile(script, PRELUDE + body);
    const urls = ['dist/node/node.js', 'node_modules/webgpu/index.js'].map(
      (path) => pathToFileURL(join(ROOT, path)).href,
    );
    return await new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ['--expose-gc', script, ...urls],
        { timeout, maxBuffer: 2 ** 26 },
        (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** MiB of heap and of all memory. */
export type Memory = readonly [heap: number, rss: number];

/** Runs a script that measures memory again and again, and gives what it measured and what it says besides. */
export async function measureMemory<T = undefined>(
  body: string,
  timeout?: number,
): Promise<{ memory: readonly Memory[]; said: T }> {
  // Thousands of runs on a software adapter take half the time at ease.
  const ended = await runScript(
    `library.easeGpuPolling();${body}\nconsole.log(JSON.stringify({ memory, said: globalThis.said }));`,
    timeout,
  );
  if (ended.code !== 0)
    throw new Error(`The script ended with ${ended.code ?? ended.signal}: ${ended.stderr.slice(-2000)}`);
  return JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as { memory: Memory[]; said: T };
}

/** Memory on one line. */
export function show([heap, rss]: Memory): string {
  return `${heap.toFixed(1)} MiB of heap, ${rss.toFixed(0)} MiB in all`;
}

/**
 * How memory grows in a series, in MiB for a hundred measurements: the slope of the line through its later part. A
 * level that wavers has none; a leak has one.
 */
export function growth(memory: readonly Memory[], warm: number): Memory {
  const slope = (of: 0 | 1): number => {
    const values = memory.slice(warm).map((row) => row[of]);
    const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const [middle, level] = [mean(values.map((_, i) => i)), mean(values)];
    const rise = values.reduce((sum, value, i) => sum + (i - middle) * (value - level), 0);
    const run = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
    return (100 * rise) / run;
  };
  return [slope(0), slope(1)];
}
