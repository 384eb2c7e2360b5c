import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDepthModel } from '../../src/index.js';
import { runProgram } from '../docs/run_program.js';
import { openPage, ROOT, startChromium, type Chromium } from '../e2e/chromium.js';
import { serveFolder } from '../e2e/example_project.js';
import { farthest } from '../e2e/midas.js';
import { buildPackage, installPackages, installTarball, packTarball } from '../e2e/package.js';
import { testGpu } from '../gpu.js';

/** As npm has them: too large for everybody who checks a change. */
const PACKAGES = [
  'webpack@5.113.0',
  'webpack-cli@7.3.1',
  'rollup@4.68.8',
  '@rollup/plugin-node-resolve@16.0.3',
  '@web/rollup-plugin-import-meta-assets@2.3.3',
  'next@16.4.6',
  'react@19',
  'react-dom@19',
];
const TIMEOUT = 600_000;
const [WIDTH, HEIGHT] = [64, 48];

/** What a page does with nano, and leaves as text. */
const SCRIPT = `
  const data = Uint8Array.from({ length: ${WIDTH * HEIGHT * 4} }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
  const model = await loadDepthModel(nano);
  const depth = await model.estimate({ data, width: ${WIDTH}, height: ${HEIGHT} });
  document.body.dataset.map = JSON.stringify([model.info.name, ...(await depth.read())]);
`;
const IMPORTS = `import { loadDepthModel } from 'depthwise';
import nano from 'depthwise/nano';
`;
const ROLLUP = `import resolve from '@rollup/plugin-node-resolve';
import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';
export default {
  input: 'src/index.js',
  output: { dir: 'rollup', format: 'es' },
  plugins: [resolve({ browser: true }), importMetaAssets()],
};
`;
const FILES = {
  'src/index.js': IMPORTS + SCRIPT,
  'rollup.config.js': ROLLUP,
  'webpack/index.html': '<!doctype html><link rel="icon" href="data:," /><body><script src="main.js"></script>',
  'rollup/index.html':
    '<!doctype html><link rel="icon" href="data:," /><body><script type="module" src="index.js"></script>',
  'app/layout.js': `export const metadata = { icons: 'data:,' };
export default ({ children }) => <html lang="en"><body>{children}</body></html>;
`,
  'app/page.js': `'use client';
import { useEffect } from 'react';
${IMPORTS}
async function show() {${SCRIPT}}
export default function Page() {
  useEffect(() => void show(), []);
  return <p>depth</p>;
}
`,
};

let project: string;
let chromium: Chromium;
let expected: Float32Array;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'depthwise-'));
  await buildPackage(join(project, 'package'));
  await installTarball(packTarball(join(project, 'package'), project).path, project);
  installPackages(PACKAGES, project);
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(join(project, name, '..'), { recursive: true });
    await writeFile(join(project, name), text);
  }
  chromium = await startChromium();
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
  const nano = await readFile(join(ROOT, 'models/nano.safetensors'));
  const model = await loadDepthModel(nano, { device: (await testGpu()).device });
  const depth = await model.estimate({ data, width: WIDTH, height: HEIGHT });
  expected = await depth.read();
  model.dispose();
}, TIMEOUT);
afterAll(async () => {
  await chromium?.close();
  await rm(project, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs a package's command in the project, and shows what it says where it fails. */
async function run(command: string, ...args: string[]): Promise<void> {
  const { code, output } = await runProgram(join(project, 'node_modules/.bin', command), args, project, {
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: 'production',
  });
  expect(code, output).toBe(0);
}

/** Opens a page, and compares the map that it made by nano with that of Node. */
async function expectMap(address: string): Promise<void> {
  const { page, watch } = await openPage(chromium.browser);
  await page.goto(address);
  await page.waitForFunction(() => document.body.dataset.map !== undefined, { timeout: 60_000 }).catch(() => undefined);
  expect(watch.complaints).toEqual([]);
  const [name, ...map] = JSON.parse(await page.evaluate(() => document.body.dataset.map!)) as [string, ...number[]];
  expect(name).toBe('nano');
  expect(farthest(Float32Array.from(map), expected)).toBeLessThanOrEqual(1e-4);
  expect([...watch.origins]).toEqual([new URL(address).origin]);
  await page.close();
}

async function expectMapOf(folder: string): Promise<void> {
  const server = await serveFolder(project, folder);
  try {
    await expectMap(server.url);
  } finally {
    await server.close();
  }
}

it('webpack carries nano without configuration', { timeout: TIMEOUT }, async () => {
  await run('webpack', '--mode', 'production', '--output-path', 'webpack');
  await expectMapOf('webpack');
});

it('Rollup does with its two usual plugins', { timeout: TIMEOUT }, async () => {
  await run('rollup', '-c');
  await expectMapOf('rollup');
});

it.each([[[]], [['--webpack']]])('Next.js does without configuration, with %j', { timeout: TIMEOUT }, async (args) => {
  await rm(join(project, '.next'), { recursive: true, force: true });
  await run('next', 'build', ...args);
  const port = await freePort();
  const next = join(project, 'node_modules/next/dist/bin/next');
  const server = spawn(process.execPath, [next, 'start', '-p', String(port)], { cwd: project, stdio: 'pipe' });
  try {
    await listening(server);
    await expectMap(`http://localhost:${port}/`);
  } finally {
    server.kill();
  }
});

/** Waits until Next.js says that it serves. */
function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.on('data', (text: Buffer) => {
      said += String(text);
      if (said.includes('Ready in')) resolve();
    });
    server.on('exit', () => reject(new Error(`next start: ${said}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
