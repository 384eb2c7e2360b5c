import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

/** WGSL without comments and indentation: it is shipped as text inside the bundle. Line breaks stay, for error messages. */
export function minifyWgsl(source: string): string {
  const lines = source.split('\n').map((line) => line.replace(/\/\/.*$/, '').trim());
  return lines.filter(Boolean).join('\n');
}

/** Imports `*.wgsl?raw` minified. */
export function wgsl(): Plugin {
  return {
    name: 'wgsl',
    enforce: 'pre',
    load(id) {
      const file = /^(.*\.wgsl)\?raw$/.exec(id)?.[1];
      return file === undefined ? null : `export default ${JSON.stringify(minifyWgsl(readFileSync(file, 'utf8')))};`;
    },
  };
}

// The library, its Node door and the command-line tool. The demo and the bench page have configs of their own.
export default defineConfig({
  plugins: [wgsl()],
  build: {
    target: 'es2022',
    lib: {
      entry: { index: 'src/index.ts', 'node/index': 'src/node/index.ts', 'node/cli': 'src/cli/main.ts' },
      formats: ['es'],
    },
    rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'], output: { chunkFileNames: 'chunks/[name].js' } },
    minify: true,
    sourcemap: true,
  },
});
