import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { wgsl } from './tools/build/wgsl.js';

/** Gives the tool its run bit, which `npx depthwise` in a checkout needs: npm gives it only when it installs. */
function runnable(): Plugin {
  return {
    name: 'runnable',
    writeBundle: ({ dir }) => chmodSync(join(dir as string, 'cli.js'), 0o755),
  };
}

// The library for Node and its command-line tool, not minified: an uncaught error shows readable lines and names.
export default defineConfig({
  plugins: [wgsl(), runnable()],
  build: {
    target: 'node20',
    outDir: 'dist/node',
    minify: false,
    lib: {
      entry: {
        index: 'src/index.ts',
        colormaps: 'src/depth/colormaps.ts',
        eval: 'src/eval/index.ts',
        views: 'src/views/index.ts',
        heif: 'src/heif/index.ts',
        node: 'src/node/index.ts',
        cli: 'src/cli/main.ts',
      },
      formats: ['es'],
    },
    rollupOptions: {
      external: [/^node:/, /^@gltf-transform\//, 'webgpu', 'sharp', /^libheif-js/],
      output: { chunkFileNames: 'chunks/[name].js' },
    },
  },
});
