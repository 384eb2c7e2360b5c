import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../tools/build/wgsl.js';
import { commit } from '../commit.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// bench:static, in one file; `run.mjs` builds it before every run.
export default defineConfig({
  root: at('../..'),
  plugins: [wgsl()],
  define: { BENCH_COMMIT: JSON.stringify(commit()) },
  build: {
    target: 'es2022',
    lib: { entry: { main: at('main.ts') }, formats: ['es'] },
    outDir: at('../dist/static-main'),
    rollupOptions: { external: [/^node:/, 'webgpu'], output: { codeSplitting: false } },
    minify: false,
    sourcemap: true,
  },
});
