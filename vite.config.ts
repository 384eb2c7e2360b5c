import { readFileSync } from 'node:fs';
import { minify } from 'terser';
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

/** What was found to pack best. */
const TERSER = {
  module: true,
  ecma: 2020,
  compress: { ecma: 2020, passes: 3, booleans: false, pure_getters: true, unsafe_arrows: true },
} as const;

/** Runs terser over what Vite's own minifier made: what a page downloads packs to 1.5 % less. */
function minifyAgain(): Plugin {
  return {
    name: 'minify again',
    async generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || chunk.fileName.startsWith('node/')) continue;
        const asset = bundle[`${chunk.fileName}.map`];
        const map = asset?.type === 'asset' ? asset : undefined;
        const url = `${chunk.fileName.split('/').at(-1)}.map`;
        const made = await minify(chunk.code, {
          ...TERSER,
          ...(map && { sourceMap: { content: String(map.source), includeSources: true, url } }),
        });
        chunk.code = made.code as string;
        if (map) map.source = made.map as string;
      }
    },
  };
}

/** What every model needs is one file, so that a page fetches that, one family, and no more than it uses. */
const CORE = /\/src\/(?:index|models\/decoders\/decoder|kernels\/(?:attention|layer_norm|gemm_layer_norm))\.ts$/;
const DRAWING = /\/src\/depth\/drawing\.ts$/;
const output = {
  chunkFileNames: 'chunks/[name].js',
  // To the last blank, which Vite by itself leaves to those who bundle a library again.
  minify: true,
  comments: false,
  codeSplitting: {
    groups: [
      { name: 'core', test: CORE, priority: 1 },
      { name: 'drawing', test: DRAWING },
    ],
  },
};

// The library, its Node door and the command-line tool. The demo and the bench page have configs of their own.
export default defineConfig({
  plugins: [wgsl(), minifyAgain()],
  build: {
    target: 'es2022',
    lib: {
      entry: {
        index: 'src/index.ts',
        colormaps: 'src/depth/colormaps.ts',
        'node/index': 'src/node/index.ts',
        'node/cli': 'src/cli/main.ts',
      },
      formats: ['es'],
    },
    rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'], output },
    sourcemap: true,
  },
});
