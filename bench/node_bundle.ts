import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';
import { wgsl } from '../tools/build/wgsl.js';
import { commit } from './commit.js';

/**
 * A program of the bench for Node, in one file.
 * @param entry source file by the name of the file that is built
 */
export function nodeBundle(entry: Readonly<Record<string, string>>, outDir: string): UserConfig {
  return {
    root: fileURLToPath(new URL('..', import.meta.url)),
    plugins: [wgsl()],
    define: { BENCH_COMMIT: JSON.stringify(commit()) },
    build: {
      target: 'es2022',
      lib: { entry: { ...entry }, formats: ['es'] },
      outDir,
      rollupOptions: { external: [/^node:/, 'webgpu', 'sharp'], output: { codeSplitting: false } },
      minify: false,
      sourcemap: true,
    },
  };
}
