import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../tools/build/wgsl.js';
import { commit } from '../commit.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Depthwise beside its peers, for Node; the peers themselves stay in node_modules here.
export default defineConfig({
  root: at('../..'),
  plugins: [wgsl()],
  define: { BENCH_COMMIT: JSON.stringify(commit()) },
  build: {
    target: 'es2022',
    lib: { entry: { node: at('node.ts') }, formats: ['es'] },
    outDir: at('dist'),
    rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'], output: { codeSplitting: false } },
    minify: false,
  },
});
