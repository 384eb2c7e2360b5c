import { defineConfig } from 'vite';
import { wgsl } from './tools/build/wgsl.js';

// The library for Node and its command-line tool, not minified: an uncaught error shows readable lines and names.
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: 'node20',
    outDir: 'dist/node',
    minify: false,
    lib: {
      entry: {
        index: 'src/index.ts',
        colormaps: 'src/depth/colormaps.ts',
        node: 'src/node/index.ts',
        cli: 'src/cli/main.ts',
      },
      formats: ['es'],
    },
    rollupOptions: {
      external: [/^node:/, 'webgpu', 'sharp'],
      output: { chunkFileNames: 'chunks/[name].js' },
    },
  },
});
