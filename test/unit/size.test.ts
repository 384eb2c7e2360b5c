import { brotliCompressSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create } from 'webgpu';
import * as errors from '../../src/errors.js';
import type { loadDepthModel as load, LoadOptions } from '../../src/index.js';
import { fileOf } from './weights/safetensors_file.js';

const KIB = 1024;
/**
 * What a page downloads besides weights, WGSL included, brotli, in bytes: to load a model and estimate depth, and on a
 * first visit, which tunes kernels, draws, and keeps weights. Transformers bring attention, layer norms and what goes
 * with them.
 */
const CONVOLUTIONS = { load: 48 * KIB, firstVisit: 64 * KIB };
const TRANSFORMERS = { load: 60 * KIB, firstVisit: 80 * KIB };
const ROOT = join(import.meta.dirname, '../..');
const FAMILIES = join(ROOT, 'src/models/families');
/** The doors of the families. */
const NETWORKS = readdirSync(FAMILIES).flatMap((file) =>
  [...readFileSync(join(FAMILIES, file), 'utf8').matchAll(/import\('\.\.\/networks\/(\w+)\.js'\)/g)].map(
    ([, name]) => `${name}.ts`,
  ),
);
/** Scripts of the whole library: one a family, those that families share, and seventeen others. */
const MOST_FILES = NETWORKS.length + 24;
/** What a page fetches more for `depthwise/views`, brotli, in bytes. */
const VIEWS = 16 * KIB;
/** The same for `depthwise/eval`. */
const EVAL = 4 * KIB;
/** And for `depthwise/heif`, besides the package that decodes. */
const HEIF = 3 * KIB;
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
    // A chunk that is a group has no module that it stands for; its last one is what the others are there for.
    const found = [...files.values()].find(({ facadeModuleId, moduleIds }) =>
      (facadeModuleId ?? moduleIds.at(-1))?.endsWith(`/src/${part}`),
    );
    if (!found) throw new Error(`${part} is not fetched on its own.`);
    return found.fileName;
  });
  return [...new Set(['index.js', ...entries].flatMap((name) => [...fetched(name)]))];
}

/** Compressed sizes of files, by name; most files are part of many visits. */
const compressed = new Map<string, number>();

function brotliBytes(names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const bytes = compressed.get(name) ?? brotliCompressSync((files.get(name) as Rollup.OutputChunk).code).length;
    compressed.set(name, bytes);
    return sum + bytes;
  }, 0);
}

describe('the library in a page', () => {
  it.each(NETWORKS)('with %s keeps under its size, in few files', (network) => {
    const family = `models/networks/${network}`;
    const names = filesOf(family);
    const bytes = brotliBytes(names);
    const transformer = names.includes('chunks/layers.js');
    // Weights are written to the cache as they come in for the first time.
    const first = ['tuning/gpu.ts', 'depth/drawing.ts', 'weights/fetch/downloads.ts'];
    if (transformer) first.push('tuning/gpu_transformers.ts');
    const drawn = brotliBytes(filesOf(family, ...first));
    console.log(`${network}: ${bytes} bytes brotli in ${names.length} files; on a GPU, tuned and drawn, ${drawn}`);
    const limits = transformer ? TRANSFORMERS : CONVOLUTIONS;
    expect(bytes).toBeLessThanOrEqual(limits.load);
    expect(drawn).toBeLessThanOrEqual(limits.firstVisit);
    expect(names.length).toBeLessThanOrEqual(6);
  });

  it("runs the worker's script in nothing else", () => {
    // It answers every message of the scope that it runs in.
    expect(files.has('worker_host.js')).toBe(true);
    const importers = [...files.values()].filter(({ imports }) => imports.includes('worker_host.js'));
    expect(importers.map(({ fileName }) => fileName)).toEqual([]);
  });

  it('has the views in one script of their own, which nothing else fetches', () => {
    const added = brotliBytes(['views.js']);
    console.log(`views: ${added} bytes brotli`);
    expect(added).toBeLessThanOrEqual(VIEWS);
    expect([...files.values()].filter(({ imports }) => imports.includes('views.js'))).toEqual([]);
    expect([...fetched('views.js')].sort()).toEqual(['index.js', 'views.js']);
  });

  it('has errors and losses in one script of their own, which nothing else fetches', () => {
    expect([...files.values()].filter(({ imports }) => imports.includes('eval.js'))).toEqual([]);
    expect([...fetched('eval.js')].sort()).toEqual(['eval.js', 'index.js']);
    expect(brotliBytes(['eval.js'])).toBeLessThanOrEqual(EVAL);
  });

  it('has HEIC pictures behind a door of their own, without the package that decodes them', () => {
    const added = fetched('heif.js');
    added.delete('index.js');
    const bytes = brotliBytes([...added]);
    console.log(`heif: ${bytes} bytes brotli`);
    expect(bytes).toBeLessThanOrEqual(HEIF);
    expect([...files.values()].filter(({ imports }) => imports.includes('heif.js'))).toEqual([]);
    expect(files.get('heif.js')?.dynamicImports).toEqual(['libheif-js/wasm-bundle.js']);
  });

  it('fetches one family only, and what is not used not at all', () => {
    const modules = (names: readonly string[]) =>
      names.flatMap((name) => Object.keys((files.get(name) as Rollup.OutputChunk).modules)).join('\n');
    const anything = modules(filesOf('models/networks/depth_anything.ts'));
    expect(anything).toMatch(/dinov2\.ts/);
    expect(anything).not.toMatch(
      /networks\/midas_small\.ts|efficientnet|depthwise\.wgsl|known_answer|antialias|_tiled\.wgsl|_subgroup\.wgsl/,
    );
    expect(anything).not.toMatch(/colormaps|formats\/png|src\/runtime\/encode\.ts/);
    expect(modules(filesOf('models/networks/midas_small.ts'))).not.toMatch(
      /dinov2|layers\/transformer|position_embedding/,
    );
  });

  it('is few files', () => {
    expect(files.size).toBeLessThanOrEqual(MOST_FILES);
  });

  it('says what is wrong with a name, a licence or a file where nothing more can be fetched', async () => {
    const alone = join(BUILT, 'alone');
    for (const name of filesOf()) {
      await mkdir(dirname(join(alone, name)), { recursive: true });
      await writeFile(join(alone, name), (files.get(name) as Rollup.OutputChunk).code);
    }
    const { loadDepthModel } = (await import(/* @vite-ignore */ pathToFileURL(join(alone, 'index.js')).href)) as {
      loadDepthModel: typeof load;
    };
    const gpu = create(['backend=null']);
    const codeOf = (source: string | Uint8Array, options: LoadOptions = {}) =>
      loadDepthModel(source, { gpu, precision: 'f32', ...options }).catch(({ code }: { code: string }) => code);
    const text = (content: string) => new TextEncoder().encode(content);
    const stranger = fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4);
    expect(await codeOf('midas')).toBe('MODEL_NAME');
    expect(await codeOf('depth-anything-v2-large')).toBe('LICENSE_NOT_ACCEPTED');
    expect(await codeOf(text('<!doctype html><title>Sign in</title>'))).toBe('NET_NOT_WEIGHTS');
    expect(await codeOf(text('version https://git-lfs.github.com/spec/v1'))).toBe('NET_LFS_POINTER');
    expect(await codeOf(fileOf('{"a":'))).toBe('ST_HEADER_JSON');
    expect(await codeOf(stranger)).toBe('MODEL_UNKNOWN');
    expect(await codeOf(stranger, { model: 'nano' })).toBe('MODEL_UNKNOWN');
    // The one thing that is missing is the code of the family, which a file that is right asks for.
    expect(await codeOf(await readFile(join(ROOT, 'models/nano.safetensors')))).toBe('NET_PART');
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
      const error = new (door[name] as typeof errors.DepthwiseError)('DISPOSED', 'Words.');
      expect(error.name).toBe(name);
      expect(String(error)).toBe(`${name}: Words.`);
    }
    for (const name of Object.keys(errors).filter((other) => !classes.includes(other)))
      expect(door).not.toHaveProperty(name);
  });
});
