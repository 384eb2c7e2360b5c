import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../tools/build/wgsl.js';
import { commit } from './commit.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The bench page: the same cases as in Node, in the visitor's browser.
export default defineConfig({
  root: at('.'),
  base: './',
  plugins: [wgsl()],
  define: { BENCH_COMMIT: JSON.stringify(commit()) },
  server: { fs: { allow: [at('..')] } },
  build: { target: 'es2022', outDir: at('dist/page'), emptyOutDir: true, modulePreload: { polyfill: false } },
});
