import { brotliCompressSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { beforeAll, expect, it } from 'vitest';
import * as errors from '../../src/errors.js';
import { wgsl } from '../../vite.config.js';

/** What a page downloads besides weights: the public door with every model family and all WGSL, brotli, in bytes. */
const LIMIT = 60_000;

let code: string;

beforeAll(async () => {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    plugins: [wgsl()],
    build: { write: false, target: 'es2022', minify: true, lib: { entry: 'src/index.ts', formats: ['es'] } },
  })) as Rollup.RollupOutput[];
  code = result.flatMap(({ output }) => output).map((chunk) => (chunk.type === 'chunk' ? chunk.code : String(chunk.source))).join('');
}, 60_000);

it('keeps the whole library under its size', () => {
  const bytes = brotliCompressSync(code).length;
  console.log(`library: ${code.length} bytes, ${bytes} bytes brotli`);
  expect(code).toContain('@compute');
  expect(code).not.toMatch(/\beval\(|new Function\(|\.wasm\b/);
  expect(bytes).toBeLessThanOrEqual(LIMIT);
});

it('names every error by its class in a minified build, and exports nothing else of errors', async () => {
  const door = (await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as Record<string, unknown>;
  const classes = Object.keys(errors).filter((name) => name.endsWith('Error'));
  expect(classes.length).toBeGreaterThan(15);
  for (const name of classes) {
    const error = new (door[name] as typeof errors.DepthwiseError)('CODE', 'Words.');
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: Words.`);
  }
  for (const name of Object.keys(errors).filter((other) => !classes.includes(other))) expect(door).not.toHaveProperty(name);
});
