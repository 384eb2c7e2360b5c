import { defineConfig, type Plugin } from 'vite';
import { wgsl } from './tools/build/wgsl.js';

/** What every page needs is one file, so that a page fetches that, one family, and no more than it uses. */
const CORE = /\/src\/(?:index|models\/decoders\/(?:decoder|midas)|depth\/formats\/depth_semantics|gpu\/timing)\.ts$/;
/** What few families do with maps, in one script. */
const MAPS = /\/(?:added_\w+|resized_features)\.(?:ts|wgsl)/;
/** What the families of transformers share, which the others do without. */
const SHARED = /\/src\/(?:models\/(?:encoders|layers|decoders)|kernels\/(?:attention|layer_norm|gemm_layer_norm))/;

/**
 * Writes the address of the worker's script as bundlers of pages know it. Vite would follow it here already, and build
 * that script, core and all, a second time.
 */
function workerHost(): Plugin {
  return {
    name: 'worker-host',
    renderChunk: (code) =>
      code.replace(/(["'`])depthwise:worker_host\1/, 'new URL("./worker_host.js",import.meta.url)'),
  };
}

// The library as pages fetch it. `vite.node.config.ts` builds it for Node; demo and bench page have configs of their
// own.
export default defineConfig({
  plugins: [wgsl(), workerHost()],
  build: {
    target: 'es2022',
    outDir: 'dist/browser',
    lib: {
      entry: {
        index: 'src/index.ts',
        colormaps: 'src/depth/colormaps.ts',
        eval: 'src/eval/index.ts',
        views: 'src/views/index.ts',
        heif: 'src/heif/index.ts',
        worker: 'src/worker/index.ts',
        worker_host: 'src/worker/host.ts',
        'chunks/gpu': 'src/tuning/gpu.ts',
      },
      formats: ['es'],
    },
    rollupOptions: {
      external: [/^@gltf-transform\//, /^libheif-js/],
      // What every page needs is in the first file, so that no page waits for a second one; the others import it from
      // there, under names of one or two letters.
      preserveEntrySignatures: 'allow-extension',
      output: {
        chunkFileNames: 'chunks/[name].js',
        // To the last blank, which Vite by itself leaves to those who bundle a library again.
        minify: true,
        comments: false,
        codeSplitting: {
          groups: [
            { name: 'core', test: CORE },
            { name: 'layers', test: SHARED, minShareCount: 3 },
            { name: 'maps', test: MAPS, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
