import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { build, createServer, transformWithOxc, type Plugin } from 'vite';
import { buildTypes } from '../../tools/build/types.mjs';
import { canFilm, film } from '../e2e/clips.js';
import type { Served } from '../e2e/servers.js';
import { setUpTool } from '../e2e/tool.js';
import { denoArguments } from '../engines/deno/run_deno.js';
import { checkpointTensors } from '../models/fixtures.js';
import { seededCheckpoint, seededTensor } from '../../truth/seeded_weights.js';
import { torchParts, zip } from '../unit/weights/torch_writer.js';
import type { Example } from './examples.js';
import { ROOT, type Block } from './markdown.js';
import { runProgram, type Ended } from './run_program.js';

/** A project that has the package as its dependency; below the repository, whose node_modules it sees. */
export const PROJECT = join(ROOT, '.cache/docs');
/** Where commands and examples of Node run. */
export const FOLDER = join(PROJECT, 'work');
const INSTALLED = join(PROJECT, 'node_modules/depthwise');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const PHOTO = join(ROOT, 'test/fixtures/nano/room.png');
const NANO = join(ROOT, 'models/nano.safetensors');

const COMPILER = {
  target: 'ES2022',
  lib: ['ES2024', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
  module: 'ESNext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  jsx: 'react-jsx',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
  // Constants of WebGPU are in no lib.
  types: ['vite/client', 'node', '@webgpu/types'],
};

/** Runs a file in Node with the weights cache of the project. */
export function runNode(args: readonly string[], cwd = FOLDER): Promise<Ended> {
  return runProgram(process.execPath, args, cwd, { DEPTHWISE_CACHE: join(PROJECT, 'cache'), INIT_CWD: FOLDER });
}

/** The command-line tool, as installed. */
export const TOOL = join(INSTALLED, 'dist/node/cli.js');

/** Installs the package as it is published, and lays out what examples read. */
export async function makeProject(): Promise<void> {
  setUpTool();
  await rm(PROJECT, { recursive: true, force: true });
  for (const folder of ['page', 'node', 'deno'])
    await cp(join(import.meta.dirname, folder), join(PROJECT, folder), { recursive: true });
  await cp(join(import.meta.dirname, 'served.ts'), join(PROJECT, 'served.ts'));
  await mkdir(join(FOLDER, 'photos'), { recursive: true });
  for (const part of ['package.json', 'models', 'dist/node'])
    await cp(join(ROOT, part), join(INSTALLED, part), { recursive: true });
  const outDir = join(INSTALLED, 'dist/browser');
  await build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: ROOT,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
  buildTypes(join(INSTALLED, 'dist/types'));
  await writeFile(join(PROJECT, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(PROJECT, 'index.html'),
    '<!doctype html><title>examples</title><link rel="icon" href="data:," />',
  );
  await sharp(PHOTO).jpeg().toFile(join(FOLDER, 'photo.jpg'));
  await cp(PHOTO, join(FOLDER, 'photos/photo.png'));
  if (canFilm) film({ seconds: 0.2, sound: true }, join(FOLDER, 'clip.mp4'));
  for (const name of ['midas_v21_small_256.pt', 'weights.pt']) await writeFile(join(FOLDER, name), midasFile());
  await writeFile(
    join(FOLDER, 'seeded.safetensors'),
    seededCheckpoint(checkpointTensors('depth-anything-small'), 'F16'),
  );
  for (const name of ['served', 'node/door', 'node/given', 'deno/door', 'deno/given']) await stripTypes(name);
}

/** Seeded weights of MiDaS small as PyTorch saves them, without the counters of BatchNorm. */
function midasFile(): Uint8Array {
  const tensors = checkpointTensors('midas-v2.1-small').filter(({ shape }) => shape.length > 0);
  const written = tensors.map(({ name, shape }) => [name, { shape, values: seededTensor(name, shape) }] as const);
  return zip(torchParts(Object.fromEntries(written)));
}

/** What examples import from their door, where they run outside of a page. */
const DOORS = { node: /(['"])depthwise\/node\1/g, deno: /(['"])depthwise\1/g } as const;

/** Writes NAME.js beside NAME.ts, for Node and Deno. */
async function stripTypes(name: string): Promise<void> {
  const path = join(PROJECT, `${name}.ts`);
  const { code } = await transformWithOxc(await readFile(path, 'utf8'), path, { lang: 'ts' });
  const imported = name.endsWith('door') ? undefined : DOORS[dirname(name) as keyof typeof DOORS];
  await writeFile(path.replace(/ts$/, 'js'), imported ? code.replaceAll(imported, "'./door.js'") : code);
}

/** Name of an example's file in the project, without its ending. */
function nameOf({ id }: Block, { in: place, file }: Example): string {
  const folder = place === 'types' ? 'page' : place;
  return `${folder}/${file?.replace(/\.ts$/, '') ?? id.replaceAll(/[^\w]+/g, '-')}`;
}

/** Writes the file of an example: the block as it stands, between what the test adds. */
export async function writeExample(block: Block, example: Example): Promise<void> {
  const { before = '', after = '' } = example;
  const given = before.includes('given.') || after.includes('given.') ? "import * as given from './given.js';\n" : '';
  const name = nameOf(block, example);
  await writeFile(join(PROJECT, `${name}.${block.language}`), `${given}${before}\n${block.text}${after}\nexport {};\n`);
  if (example.in in DOORS) await stripTypes(name);
}

/** What the compiler says about every file of the project against the public declarations; empty where all is well. */
export async function checkTypes(): Promise<string> {
  await writeFile(
    join(PROJECT, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER, include: ['page', 'node', 'deno', 'served.ts'] }),
  );
  return (await runProgram(process.execPath, [TSC, '-p', PROJECT], ROOT)).output;
}

/** Runs an example in Node, in a process of its own. */
export function runInNode(block: Block, example: Example): Promise<Ended> {
  return runNode([join(PROJECT, `${nameOf(block, example)}.js`)]);
}

/** Runs an example in Deno, in a process of its own. */
export function runInDeno(block: Block, example: Example): Promise<Ended> {
  return runProgram(process.execPath, denoArguments(join(PROJECT, `${nameOf(block, example)}.js`)), FOLDER);
}

/** Address of an example in the served project. */
export function pathOf(block: Block, example: Example): string {
  return `/${nameOf(block, example)}.${block.language}`;
}

/** The content security policy that the README names. */
const POLICY = /`(script-src [^`]+)`/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))![1]!;

/** Lets the examples of a page import the door that stands in for downloads. */
function doors(): Plugin {
  const folder = join(PROJECT, 'page');
  return {
    name: 'doors',
    enforce: 'pre',
    resolveId: (source, importer) =>
      source === 'depthwise' && importer && dirname(importer) === folder && !importer.endsWith('/door.ts')
        ? join(folder, 'door.ts')
        : null,
    configureServer(server) {
      const files: Record<string, string> = {
        '/photo.png': PHOTO,
        '/nano.safetensors': NANO,
        '/weights/v2-small.safetensors': NANO,
      };
      server.middlewares.use((request, response, next) => {
        const file = files[request.url ?? ''];
        if (file === undefined) next();
        else void readFile(file).then((bytes) => response.setHeader('content-length', bytes.length).end(bytes));
      });
    },
  };
}

/** Serves the project as Vite does without any configuration, under the policy of the README. */
export async function serveProject(): Promise<Served> {
  const server = await createServer({
    configFile: false,
    root: PROJECT,
    logLevel: 'error',
    plugins: [doors()],
    optimizeDeps: { include: ['depthwise', 'react', 'react-dom/client', 'react/jsx-dev-runtime'] },
    server: {
      host: 'localhost',
      port: 0,
      hmr: false,
      fs: { allow: [ROOT] },
      headers: { 'Content-Security-Policy': POLICY },
    },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}
