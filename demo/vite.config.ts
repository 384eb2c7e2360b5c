import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { serviceWorker } from '../tools/build/service_worker.js';
import { wgsl } from '../tools/build/wgsl.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What the first screen takes is one script, as scripts compress better together: the library's core, nano's network,
 * drawing and the first view.
 */
const FIRST = new RegExp(
  '/(?:demo/main|' +
    'src/(?:index|models/(?:networks/midas_small|decoders/midas)|runtime/estimate|depth/drawing))\\.ts$',
);

/** What GPUs take more is one script too. */
const GPU = /\/src\/(?:tuning\/gpu|kernels\/probe|gpu\/timing)\.ts$/;

/**
 * Takes out what fetches the imports of a script beside it, and waits for its styles, which is more than a kilobyte of
 * the first visit: scripts of the page that are fetched later have few imports, and no styles.
 */
function plainImports(): Plugin {
  const helper = '\0vite/preload-helper.js';
  return {
    name: 'plain-imports',
    apply: 'build',
    enforce: 'pre',
    load: (id) => (id === helper ? 'export const __vitePreload = (load) => load();' : undefined),
  };
}

// The page sees the library as its users do: by its public door alone.
export default defineConfig({
  root: at('.'),
  base: './',
  plugins: [
    wgsl(),
    plainImports(),
    serviceWorker(
      at('./service_worker.ts'),
      /\/node_modules\/mediabunny\/|\/heif_worker-|^gallery\/photos\/(?!.*_small)/,
    ),
  ],
  resolve: {
    alias: [
      // What Mediabunny takes of Node. As its own stand-in, which is CommonJS, it would cost every visit a helper.
      { find: /^\.\/node\.js$/, replacement: at('./no_node.ts') },
      { find: /^depthwise$/, replacement: at('../src/index.ts') },
      { find: /^depthwise\/colormaps$/, replacement: at('../src/depth/colormaps.ts') },
      { find: /^depthwise\/views$/, replacement: at('../src/views/index.ts') },
      { find: /^depthwise\/heif$/, replacement: at('../src/heif/index.ts') },
      { find: /^depthwise\/nano$/, replacement: at('../models/nano.js') },
      { find: /^depthwise\/(?=[\w-]+\.safetensors)/, replacement: at('../models/') },
    ],
  },
  worker: {
    format: 'es',
    rollupOptions: {
      output: {
        // The package is minified as it comes, and has no word of its licence.
        minify: { compress: false, mangle: false, codegen: true },
        banner: '/*! Contains libheif-js, LGPL-3.0: https://github.com/catdad-experiments/libheif-js */',
      },
    },
  },
  server: { fs: { allow: [at('..')] } },
  build: {
    target: 'es2022',
    outDir: at('dist'),
    emptyOutDir: true,
    modulePreload: false,
    // What glTF's library imports in Node alone.
    rollupOptions: {
      external: [/^node:/],
      // The worker that reads HEIC is three megabytes.
      checks: { pluginTimings: false },
      // Licences of others stay with their code.
      output: {
        codeSplitting: {
          groups: [
            { name: 'first', test: FIRST },
            { name: 'gpu', test: GPU },
          ],
        },
        comments: { legal: true },
      },
    },
  },
});
