import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch, cpus, type as osType } from 'node:os';
import { join } from 'node:path';
import { version } from '../package.json';
import { Gpu } from '../src/gpu/gpu.js';
import { MATRIX_FEATURE } from './matrix.js';
import { modelFiles } from './model_files.js';
import type { BenchHost } from './run_bench.js';

/** Set by the build. */
declare const BENCH_COMMIT: string;

/** Dawn rounds timestamps to 65,536 ns unless told not to, as Chrome does. */
const TOGGLES = ['disable-dawn-features=timestamp_quantization'];

/** The bench in Node. */
export interface NodeHost extends BenchHost {
  readonly gpu: GPU;
}

/** The bench in Node, on Dawn; `matrix` asks for matrix units. `root` is the folder of the checkout. */
export async function nodeHost(
  root: string,
  { adapter, matrix = false }: { adapter?: string | undefined; matrix?: boolean } = {},
  print: (line: string) => void,
): Promise<NodeHost> {
  const gpu = await benchGpu(adapter, matrix ? ['allow_unsafe_apis'] : []);
  return {
    gpu,
    requestGpu: () => Gpu.request({ gpu, ...(matrix && { features: [MATRIX_FEATURE] }) }),
    files: modelFiles(async (name) => new Uint8Array(await readFile(join(root, 'test/fixtures/models', name)))),
    surroundings: {
      runtime: 'node',
      os: `${osType()} ${arch()}, ${cpus().length} CPUs`,
      versions: { node: process.versions.node, v8: process.versions.v8, webgpu: packageVersion(root, 'webgpu') },
    },
    tool: { version, commit: BENCH_COMMIT },
    print,
  };
}

/** Dawn with exact timestamps. `adapter` is a part of an adapter's name; `unsafe` are toggles for drafts. */
export function benchGpu(adapter: string | undefined, unsafe: readonly string[] = []): Promise<GPU> {
  return dawn([
    ...TOGGLES,
    ...(adapter === undefined ? [] : [`adapter=${adapter}`]),
    ...unsafe.map((toggle) => `enable-dawn-features=${toggle}`),
  ]);
}

/** Dawn on no GPU: it checks and records every call and computes nothing. */
export function nullGpu(): Promise<GPU> {
  return dawn(['backend=null']);
}

async function dawn(flags: string[]): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return create(flags);
}

/** Version of a package in a folder's node_modules; packages may hide their package.json from `require`. */
export function packageVersion(folder: string, name: string): string {
  return (JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version;
}
