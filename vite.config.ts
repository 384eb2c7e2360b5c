import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { minifyWgsl } from './tools/build/minify_wgsl.js';

/** Imports `*.wgsl?raw` minified when building; a development server leaves shaders as they are, for messages. */
export function wgsl(): Plugin {
  return {
    name: 'wgsl',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      const file = /^(.*\.wgsl)\?raw$/.exec(id)?.[1];
      return file === undefined ? null : `export default ${JSON.stringify(minifyWgsl(readFileSync(file, 'utf8')))};`;
    },
  };
}

/** What every model needs is one file, so that a page fetches that, one family, and no more than it uses. */
const CORE = /\/src\/(?:index|models\/decoder|kernels\/(?:attention|layer_norm|gemm_layer_norm))\.ts$/;
const DRAWING = /\/src\/image\/drawing\.ts$/;
const output = {
  chunkFileNames: 'chunks/[name].js',
  // To the last blank, which Vite by itself leaves to those who bundle a library again.
  minify: true,
  comments: false,
  codeSplitting: { groups: [{ name: 'core', test: CORE, priority: 1 }, { name: 'drawing', test: DRAWING }] },
};

// The library, its Node door and the command-line tool. The demo and the bench page have configs of their own.
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: 'es2022',
    lib: {
      entry: { index: 'src/index.ts', colormaps: 'src/image/colormaps.ts', 'node/index': 'src/node/index.ts', 'node/cli': 'src/cli/main.ts' },
      formats: ['es'],
    },
    rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'], output },
    sourcemap: true,
  },
});
