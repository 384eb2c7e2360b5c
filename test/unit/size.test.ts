import { brotliCompressSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { expect, it } from 'vitest';
import { wgsl } from '../../vite.config.js';

/** What a page downloads besides weights: the public door with every model family and all WGSL, brotli, in bytes. */
const LIMIT = 60_000;

it('keeps the whole library under its size', async () => {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    plugins: [wgsl()],
    build: { write: false, target: 'es2022', minify: true, lib: { entry: 'src/index.ts', formats: ['es'] } },
  })) as Rollup.RollupOutput[];
  const code = result.flatMap(({ output }) => output).map((chunk) => (chunk.type === 'chunk' ? chunk.code : String(chunk.source))).join('');
  const bytes = brotliCompressSync(code).length;
  console.log(`library: ${code.length} bytes, ${bytes} bytes brotli`);
  expect(code).toContain('@compute');
  expect(code).not.toMatch(/\beval\(|new Function\(|\.wasm\b/);
  expect(bytes).toBeLessThanOrEqual(LIMIT);
});
