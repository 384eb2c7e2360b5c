import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registry } from '../../src/models/registry.js';
import { buildTypes } from '../../tools/build/types.mjs';
import { ROOT } from './chromium.js';
import { buildPackage, packTarball } from './package.js';

/** The package as it is published, seen from a project that depends on it. */
const require = createRequire(join(ROOT, 'package.json'));
/** TypeScript 5.9 comes with API Extractor. */
const COMPILERS = {
  7: join(ROOT, 'node_modules/typescript/bin/tsc'),
  5.9: createRequire(require.resolve('@microsoft/api-extractor')).resolve('typescript/bin/tsc'),
};
const PROJECT = `import { loadDepthModel, type DepthMap, type DepthwiseError } from 'depthwise';
import { colormaps, type ColormapName } from 'depthwise/colormaps';
import { score, ssiTrim, truthOf, type Maps, type Scores } from 'depthwise/eval';
import nano from 'depthwise/nano';
import { loadDepthModel as loadInWorker } from 'depthwise/worker';
import { DepthMap as DepthMapInNode, loadDepthModel as loadInNode, readPicture } from 'depthwise/node';
using model = await loadDepthModel('midas-v2.1-small', { acceptLicense: false });
using map: DepthMap = await model.estimate(document.createElement('canvas'));
export const all: [Float32Array, GPUTexture] = [await map.read(), await map.texture()];
export const depth = await (await loadInNode('nano')).estimate(await readPicture('a.jpg'));
export const one: DepthMap = depth;
export const metres: 'metre' | undefined = map.kind === 'metric' ? map.unit : undefined;
const { info } = model;
export const nearer: 'larger' | undefined = info.kind === 'relative-inverse' ? info.nearer : undefined;
export const wanted = (error: DepthwiseError): boolean => error.code === 'LICENSE_NOT_ACCEPTED';
export const open = [loadDepthModel('https://host/file.safetensors'), loadDepthModel(new URL('https://host/file'))];
export const packaged = loadDepthModel(nano);
export const scores: Scores = score(await map.read(), truthOf([1, 2], { kind: 'depth' }));
export const loss = (maps: Maps): number => ssiTrim(maps);
export const remote: Float32Array = await (await (await loadInWorker(nano)).estimate('a.jpg')).read();
export const same: boolean = depth instanceof DepthMapInNode && 'inferno' satisfies ColormapName in colormaps;
`;
/** Names that examples take for granted. */
const GIVEN = `import { depthModels, loadDepthModel } from 'depthwise';
import type { DepthMap, DepthModel, LoadOptions } from 'depthwise';
import type { Maps } from 'depthwise/eval';
import type { DepthScene, SceneView } from 'depthwise/views';
declare const image: HTMLImageElement, canvas: HTMLCanvasElement, video: HTMLVideoElement;
declare const picture: GPUTexture, depthTexture: GPUTexture, device: GPUDevice, tensor: Float32Array;
declare const signal: AbortSignal, model: DepthModel, depth: DepthMap, file: Blob, pass: GPURenderPassEncoder;
declare const scene: DepthScene, view: SceneView, maps: Maps;
declare const errors: Float64Array, confidence: Float64Array, metres: Float32Array;
export { depthModels, loadDepthModel, image, canvas, video, picture, depthTexture,
  device, tensor, signal, model, depth, file, pass, scene, view, maps, errors, confidence, metres };
export type { LoadOptions };
`;
const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  module: 'ESNext',
  moduleResolution: 'bundler',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};
/** What the entry's documentation advises: the compiler's own WebGPU types, or those of a package before them. */
const TYPES = { 7: [], 5.9: ['@webgpu/types'] };

let folder: string;
let pack: string;
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  pack = join(folder, 'package');
  project = join(folder, 'project');
  await mkdir(join(project, 'node_modules/@webgpu'), { recursive: true });
  await buildPackage(pack);
  buildTypes(join(pack, 'dist/types'));
  await symlink(pack, join(project, 'node_modules/depthwise'));
  await symlink(join(ROOT, 'node_modules/@webgpu/types'), join(project, 'node_modules/@webgpu/types'));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** What a compiler says of files of the project, of these options beside the usual. */
async function compile(
  version: keyof typeof COMPILERS,
  files: Readonly<Record<string, string>>,
  options: object = {},
): Promise<string> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text);
  const config = {
    compilerOptions: { ...compilerOptions, types: TYPES[version], ...options },
    files: Object.keys(files),
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
  const { stdout, stderr } = spawnSync(process.execPath, [COMPILERS[version], '-p', project], { encoding: 'utf8' });
  return stdout + stderr;
}

describe.each([7, 5.9] as const)('the package in a strict project of TypeScript %s', (version) => {
  it.each([{}, { module: 'NodeNext', moduleResolution: 'NodeNext' }])(
    'has declarations that are taken whole, and that find what is wrong, with %o',
    async (options) => {
      const wrong = `export const wrong: string = map.width;
export const unit: 'metre' = map.unit;
export const code = (error: DepthwiseError): boolean => error.code === 'LICENCE';
`;
      const line = PROJECT.split('\n').length;
      const said = await compile(version, { 'main.ts': PROJECT + wrong }, options);
      expect(said.match(/\S+: error TS\d+/g)?.map((fault) => fault.replace(/^.*\//, ''))).toEqual([
        `main.ts(${line},14): error TS2322`,
        `main.ts(${line + 1},14): error TS2322`,
        `main.ts(${line + 2},57): error TS2367`,
      ]);
    },
  );
});

describe('an editor', () => {
  it('completes the names of models and codes of errors', async () => {
    const ts = createRequire(require.resolve('@microsoft/api-extractor'))(
      'typescript',
    ) as typeof import('../../node_modules/@microsoft/api-extractor/node_modules/typescript/lib/typescript.js');
    const file = join(project, 'editor.ts');
    const completed = (text: string): string[] => {
      const options = { ...ts.parseJsonConfigFileContent({ compilerOptions }, ts.sys, project).options, types: [] };
      const service = ts.createLanguageService({
        getCompilationSettings: () => options,
        getScriptFileNames: () => [file],
        getScriptVersion: () => '1',
        getScriptSnapshot: (name) => {
          const content = name === file ? text : ts.sys.readFile(name);
          return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
        },
        getCurrentDirectory: () => project,
        getDefaultLibFileName: ts.getDefaultLibFilePath,
        fileExists: (name) => name === file || ts.sys.fileExists(name),
        readFile: ts.sys.readFile,
        directoryExists: ts.sys.directoryExists,
        realpath: ts.sys.realpath!,
      });
      const at = text.indexOf("''") + 1;
      return (service.getCompletionsAtPosition(file, at, {})?.entries ?? []).map(({ name }) => name).sort();
    };
    const head = "import { loadDepthModel, type DepthwiseError } from 'depthwise';\n";
    expect(completed(`${head}loadDepthModel('');`)).toEqual(registry.map(({ name }) => name).sort());
    expect(completed(`${head}(error: DepthwiseError) => error.code === '';`)).toContain('NET_STALL');
  });
});

describe('the package', () => {
  it('has one declaration file for each entry, whose examples compile', async () => {
    const names = (await readdir(join(pack, 'dist/types'))).sort();
    const entries = ['colormaps', 'eval', 'heif', 'index', 'node', 'views', 'worker'];
    expect(names).toEqual(entries.map((name) => `${name}.d.ts`));
    const examples: Record<string, string> = { 'given.ts': GIVEN };
    for (const name of names) {
      const text = await readFile(join(pack, 'dist/types', name), 'utf8');
      expect(text, name).not.toMatch(/@internal/);
      for (const [, block = ''] of text.matchAll(/@example\n *\* ```ts\n([^]*?) *\* ```/g)) {
        const code = block.replace(/^ *\* ?/gm, '');
        const declared = [...code.matchAll(/(?:const|using|import) \{? ?([\w, ]+?) ?(?:[=}:]| of )/g)].flatMap(
          ([, words = '']) => words.split(', '),
        );
        const given = /^export \{ ([^}]*) \}/m
          .exec(GIVEN)![1]!
          .split(/,\s+/)
          .filter((word) => !declared.includes(word));
        const head = `import { type LoadOptions, ${given.join(', ')} } from './given.js';\n`;
        examples[`example${Object.keys(examples).length}.ts`] = `${head}${code}export {};\n`;
      }
    }
    expect(Object.keys(examples).length).toBeGreaterThan(15);
    expect(await compile(7, examples)).toBe('');
  });

  it('holds the built files, the model and what a reader wants, and nothing of the sources', () => {
    const { files } = packTarball(pack, folder);
    const wanted = [
      'dist/browser/index.js',
      'dist/browser/colormaps.js',
      'dist/browser/eval.js',
      'dist/browser/views.js',
      'dist/browser/heif.js',
      'dist/browser/worker.js',
      'dist/browser/worker_host.js',
      'dist/node/index.js',
      'dist/node/colormaps.js',
      'dist/node/eval.js',
      'dist/node/node.js',
      'dist/node/views.js',
      'dist/node/heif.js',
      'dist/node/cli.js',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'package.json',
      'models/nano.safetensors',
      'models/nano.js',
      'models/nano.d.ts',
    ];
    expect(files).toEqual(expect.arrayContaining(wanted));
    const scripts = /^dist\/(?:browser|node)\/(?:chunks\/)?[\w.]+\.js$/;
    const texts = /^dist\/types\/\w+\.d\.ts$|^(?:README|CHANGELOG|CONTRIBUTING)\.md$/;
    expect(
      files.filter(
        (path) => !scripts.test(path) && !texts.test(path) && !/^LICENSE$|^package\.json$|^models\/|^docs\//.test(path),
      ),
    ).toEqual([]);
  });

  it('is found right by publint and, but for being ESM alone, by "Are the types wrong?"', async () => {
    expect((await publint({ pkgDir: pack, strict: true })).messages).toEqual([]);
    const data = createPackageFromTarballData(new Uint8Array(await readFile(packTarball(pack, folder).path)));
    const found = await checkPackage(data, { excludeEntrypoints: ['./nano.safetensors', './worker-host'] });
    if (!found.types) throw new Error('The package has no types.');
    expect(found.types).toEqual({ kind: 'included' });
    // Resolution as of Node 10 knows no `exports`, and `require` of ES modules came with Node 20.19.
    const esmOnly = ({ kind, resolutionKind }: { kind: string; resolutionKind?: string }) =>
      kind === 'CJSResolvesToESM' || resolutionKind === 'node10';
    expect(found.problems.filter((problem) => !esmOnly(problem as { kind: string }))).toEqual([]);
  });

  it('shows readable names and lines in Node', async () => {
    const script = `import { depthModels, LicenseError } from 'depthwise';
import * as inNode from 'depthwise/node';
if (LicenseError !== inNode.LicenseError || depthModels !== inNode.depthModels) throw new Error('two copies');
await inNode.loadDepthModel('midas', { gpu: { requestAdapter() {} } });`;
    await writeFile(join(project, 'main.mjs'), script);
    const { stderr } = spawnSync(process.execPath, [join(project, 'main.mjs')], { encoding: 'utf8' });
    expect(stderr).toContain("code: 'MODEL_NAME'");
    expect(stderr).toMatch(/at (?:async )?(?:entryByName|loadEngine|loadDepthModel)/);
    // The hint names every model.
    const lines = stderr.split('\n').filter((line) => !line.includes('Models: '));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(600);
  });

  it('is built before it is packed, and asks for the Node that the set-up asks for', async () => {
    const { scripts, engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      engines: { node: string };
    };
    expect(scripts).toMatchObject({
      prepack: 'npm run build',
      build: 'vite build && vite build --config vite.node.config.ts && node tools/build/types.mjs',
    });
    const setUp = await readFile(join(ROOT, 'tools/setup/setup.mjs'), 'utf8');
    expect(setUp).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
  });
});
