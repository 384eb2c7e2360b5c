import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { wgsl } from '../../../tools/build/wgsl.js';
import { ROOT } from '../../e2e/chromium.js';
import type { Line } from './lines.js';

const BIN = join(ROOT, 'node_modules/deno/bin.cjs');
const OUTPUT = join(ROOT, 'test/output');

/** Whether Deno is here: npm has it for glibc, macOS and Windows. */
export const hasDeno = existsSync(BIN);

/** Arguments with which Node starts a program in Deno, which may do all and has WebGPU. */
export function denoArguments(program: string, args: readonly string[] = []): string[] {
  return [BIN, 'run', '--allow-all', '--unstable-webgpu', '--no-config', '--node-modules-dir=manual', program, ...args];
}

/** Builds the program beside this file, for Deno. */
export async function buildProgram(): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    plugins: [wgsl()],
    logLevel: 'warn',
    build: {
      target: 'es2022',
      ssr: join(import.meta.dirname, 'main.ts'),
      // Fixtures are found beside the folder that the program is in.
      outDir: OUTPUT,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { external: [/^node:/], output: { entryFileNames: 'deno.mjs', codeSplitting: false } },
    },
  });
}

/** Runs the program with its arguments; what it said. @throws Error with its output when it does not end well */
export function runProgram(args: readonly string[], timeout: number): Promise<Line[]> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, timeout, maxBuffer: 2 ** 26 };
    execFile(process.execPath, denoArguments(join(OUTPUT, 'deno.mjs'), args), options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout.slice(-2000)}\n${stderr}`));
      else
        resolve(
          stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Line),
        );
    });
  });
}
