import { brotliCompressSync } from 'node:zlib';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as errors from '../../src/errors.js';

/** What a page downloads besides weights to load a model and estimate depth, WGSL included, brotli, in bytes. */
const LIMIT = 40_000;
const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'test/output/library');

/** The library as it is published, by file name. */
const files = new Map<string, Rollup.OutputChunk>();

beforeAll(async () => {
  const result = await build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: ROOT,
    logLevel: 'error',
    build: { outDir: BUILT, emptyOutDir: true },
  });
  for (const file of (result as Rollup.RollupOutput[]).flatMap(({ output }) => output)) {
    if (file.type === 'chunk') files.set(file.fileName, file);
  }
}, 60_000);
afterAll(() => rm(BUILT, { recursive: true }));

/** A file and everything it imports before it runs. */
function fetched(name: string, seen = new Set<string>()): Set<string> {
  const chunk = files.get(name);
  if (!chunk || seen.has(name)) return seen;
  seen.add(name);
  for (const other of chunk.imports) fetched(other, seen);
  return seen;
}

/** Names of the files that a page fetches which uses these parts, by the source files they are imported as. */
function filesOf(...parts: readonly string[]): string[] {
  const entries = parts.map((part) => {
    const found = [...files.values()].find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/src/${part}`));
    if (!found) throw new Error(`${part} is not fetched on its own.`);
    return found.fileName;
  });
  return [...new Set(['index.js', ...entries].flatMap((name) => [...fetched(name)]))];
}

function brotliBytes(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + brotliCompressSync((files.get(name) as Rollup.OutputChunk).code).length, 0);
}

describe('the library in a page', () => {
  it.each(['models/families/depth_anything.ts', 'models/families/midas_small.ts'])(
    'with %s keeps under its size, in few files',
    (family) => {
      const names = filesOf(family);
      const bytes = brotliBytes(names);
      const [half, drawn] = [
        brotliBytes(filesOf(family, 'tuning/known_answer.ts')),
        brotliBytes(filesOf(family, 'tuning/known_answer.ts', 'depth/drawing.ts')),
      ];
      console.log(
        `${family}: ${bytes} bytes brotli in ${names.length} files; with the check of f16 ${half}, and drawing ${drawn}`,
      );
      expect(bytes).toBeLessThanOrEqual(LIMIT);
      expect(names).toHaveLength(3);
    },
  );

  it('fetches one family only, and what is not used not at all', () => {
    const modules = (names: readonly string[]) =>
      names.flatMap((name) => Object.keys((files.get(name) as Rollup.OutputChunk).modules)).join('\n');
    const anything = modules(filesOf('models/families/depth_anything.ts'));
    expect(anything).toMatch(/dinov2\.ts/);
    expect(anything).not.toMatch(
      /midas_small\.ts|efficientnet|depthwise\.wgsl|antialias|known_answer|colormaps|formats\/png|profile\.ts|src\/runtime\/encode\.ts/,
    );
    expect(modules(filesOf('models/families/midas_small.ts'))).not.toMatch(
      /dinov2|transformer_layers|position_embedding/,
    );
  });

  it('holds shaders, and nothing a strict page forbids', () => {
    const code = [...files.values()].map((chunk) => chunk.code).join('\n');
    expect(code).toContain('@compute');
    expect(code).not.toMatch(/\beval\(|new Function\(|\.wasm\b/);
  });

  it('names every error by its class in a minified build, and exports nothing else of errors', async () => {
    const door = (await import(/* @vite-ignore */ pathToFileURL(join(BUILT, 'index.js')).href)) as Record<
      string,
      unknown
    >;
    const classes = Object.keys(errors).filter((name) => name.endsWith('Error'));
    expect(classes.length).toBeGreaterThan(15);
    for (const name of classes) {
      const error = new (door[name] as typeof errors.DepthwiseError)('CODE', 'Words.');
      expect(error.name).toBe(name);
      expect(String(error)).toBe(`${name}: Words.`);
    }
    for (const name of Object.keys(errors).filter((other) => !classes.includes(other)))
      expect(door).not.toHaveProperty(name);
  });
});
