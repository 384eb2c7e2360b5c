import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setUpTool } from './tool.js';

/** The package as it is published, seen from a project that depends on it. */
const ROOT = join(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const PROJECT = `import { loadDepthModel, type DepthMap } from 'depthwise';
import { loadDepthModel as loadInNode, readPicture } from 'depthwise/node';
using model = await loadDepthModel('midas-v2.1-small', { acceptLicense: false });
using map: DepthMap = await model.estimate(document.createElement('canvas'));
export const all: [Float32Array, GPUTexture] = [await map.read(), await map.texture()];
export const depth = await (await loadInNode('nano')).estimate(await readPicture('a.jpg'));
`;
const CONFIG = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    module: 'ESNext',
    moduleResolution: 'bundler',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  },
  files: ['main.ts'],
};

let project: string;
beforeAll(async () => {
  setUpTool();
  project = await mkdtemp(join(tmpdir(), 'depthwise-'));
  const installed = join(project, 'node_modules/depthwise');
  await mkdir(installed, { recursive: true });
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  execFileSync(process.execPath, [
    TSC,
    '-p',
    join(ROOT, 'tsconfig.build.json'),
    '--outDir',
    join(installed, 'dist/types'),
  ]);
});
afterAll(() => rm(project, { recursive: true }));

describe('the package', () => {
  it('has declarations that a strict project without any other types takes', async () => {
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(CONFIG));
    await writeFile(join(project, 'main.ts'), PROJECT);
    const check = () => spawnSync(process.execPath, [TSC, '-p', project], { encoding: 'utf8' });
    expect(check()).toMatchObject({ stdout: '', status: 0 });
    await writeFile(join(project, 'main.ts'), `${PROJECT}export const wrong: string = map.width;\n`);
    expect(check().stdout).toMatch(/main\.ts\(7,14\): error TS2322/);
  });

  it('holds the built files, the model and what a reader wants, and nothing of the sources', () => {
    const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = spawnSync('npm', argv, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    const model = 'models/nano.safetensors';
    const wanted = [
      'dist/browser/index.js',
      'dist/browser/colormaps.js',
      'dist/node/index.js',
      'dist/node/colormaps.js',
      'dist/node/node.js',
      'dist/node/cli.js',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'package.json',
    ];
    expect(paths).toEqual(expect.arrayContaining(existsSync(join(ROOT, model)) ? [...wanted, model] : wanted));
    expect(
      paths.filter(
        (path) => !/^(?:dist|models)\/|^(?:README|CHANGELOG|docs\/nano)\.md$|^LICENSE$|^package\.json$/.test(path),
      ),
    ).toEqual([]);
  });

  it('is built before it is packed, and asks for the Node that the set-up asks for', async () => {
    const { scripts, engines } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      engines: { node: string };
    };
    expect(scripts).toMatchObject({
      prepack: 'npm run build',
      build: expect.stringMatching(
        /^vite build && vite build --config vite\.node\.config\.ts && tsc -p tsconfig\.build\.json$/,
      ),
    });
    const setUp = await readFile(join(ROOT, 'tools/setup/setup.mjs'), 'utf8');
    expect(setUp).toContain(`Node ${engines.node.replace('>=', '')} or newer`);
  });
});
