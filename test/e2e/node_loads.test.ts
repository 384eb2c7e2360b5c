import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './chromium.js';
import { setUpTool } from './tool.js';

const LOADS = 24;
/** Loads after which memory has to be level: until then the driver and the engine warm up. */
const WARM = 12;

/** Loads, estimates and disposes time and again, with a load that fails between, and collects garbage each time. */
const SCRIPT = `
const { loadDepthModel } = await import(process.argv[2]);
const picture = { data: Uint8Array.from({ length: 64 * 48 * 4 }, (_, i) => (i * 37) % 256), width: 64, height: 48 };
const heap = [];
for (let i = 0; i < ${LOADS}; i++) {
  const model = await loadDepthModel('nano', { precision: 'f32', cache: false });
  const depth = await model.estimate(picture);
  await depth.read();
  depth.dispose();
  model.dispose();
  await loadDepthModel(new Uint8Array(100), { cache: false }).catch(() => undefined);
  // So that Dawn tells what it has to tell while objects are collected.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const { heapUsed, rss } = process.memoryUsage();
  heap.push([heapUsed / 2 ** 20, rss / 2 ** 20]);
}
console.log(JSON.stringify(heap));
`;

it('a process loads and disposes of models time and again, and ends by itself with its memory level', async () => {
  setUpTool();
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-loads-'));
  try {
    const script = join(folder, 'loads.mjs');
    await writeFile(script, SCRIPT);
    const door = pathToFileURL(join(ROOT, 'dist/node/node.js')).href;
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, door], { timeout: 200_000 });
    const memory = JSON.parse(stdout.trim().split('\n').at(-1)!) as [heap: number, rss: number][];
    expect(memory).toHaveLength(LOADS);
    const [warm, end] = [memory[WARM]!, memory[LOADS - 1]!];
    const show = ([heap, rss]: [number, number]) => `${heap.toFixed(1)} MiB of heap, ${rss.toFixed(0)} MiB in all`;
    console.log(`after ${WARM} loads ${show(warm)}; after ${LOADS} ${show(end)}`);
    expect(end[0] - warm[0], 'heap').toBeLessThan(2);
    expect(end[1] - warm[1], 'resident size').toBeLessThan(40);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
