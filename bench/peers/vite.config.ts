import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../vite.config.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Depthwise beside its peers, for Node; the peers themselves stay in node_modules here.
export default defineConfig({
  root: at('../..'),
  plugins: [wgsl()],
  build: { target: 'es2022', lib: { entry: { node: at('node.ts') }, formats: ['es'] }, outDir: at('dist'), rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'] }, minify: false },
});
