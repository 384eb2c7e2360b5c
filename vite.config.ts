import { defineConfig } from 'vite';
import { wgsl } from './tools/build/wgsl.js';

/** What every page needs is one file, so that a page fetches that, one family, and no more than it uses. */
const CORE = /\/src\/(?:index|models\/decoders\/(?:decoder|midas)|depth\/formats\/depth_semantics|gpu\/timing)\.ts$/;
/** What the families of transformers share, which the others do without. */
const SHARED = /\/src\/(?:models\/(?:encoders|layers|decoders)|kernels\/(?:attention|layer_norm|gemm_layer_norm))/;

// The library as pages fetch it. `vite.node.config.ts` builds it for Node; demo and bench page have configs of their
// own.
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: 'es2022',
    outDir: 'dist/browser',
    lib: {
      entry: { index: 'src/index.ts', colormaps: 'src/depth/colormaps.ts', views: 'src/views/index.ts' },
      formats: ['es'],
    },
    rollupOptions: {
      external: [/^@gltf-transform\//],
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
            { name: 'gpu', test: /\/src\/(?:tuning\/gpu|kernels\/probe)\.ts$/ },
            { name: 'layers', test: SHARED, minShareCount: 3 },
          ],
        },
      },
    },
  },
});
