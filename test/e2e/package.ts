import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from './chromium.js';

const NPM = { encoding: 'utf8', shell: process.platform === 'win32' } as const;

/** Builds what is published into a folder, but for the declarations. */
export async function buildPackage(pack: string): Promise<void> {
  await mkdir(join(pack, 'docs'), { recursive: true });
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'docs', 'models'])
    await cp(join(ROOT, name), join(pack, name), { recursive: true });
  for (const [config, part] of [
    ['vite.config.ts', 'browser'],
    ['vite.node.config.ts', 'node'],
  ] as const)
    await build({
      root: ROOT,
      configFile: join(ROOT, config),
      logLevel: 'error',
      build: { outDir: join(pack, 'dist', part), emptyOutDir: true },
    });
}

/** Packs a folder as npm publishes it. */
export function packTarball(pack: string, folder: string): { path: string; files: string[] } {
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = spawnSync('npm', argv, { cwd: pack, ...NPM });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { path: join(folder, filename), files: files.map(({ path }) => path) };
}

/** Makes a project of a folder that has the tarball installed. @throws Error with what npm said */
export async function installTarball(tarball: string, project: string): Promise<void> {
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  install(project, ['--offline', tarball]);
}

/** Installs packages of npm, `name@version`, in a project. @throws Error with what npm said */
export function installPackages(names: readonly string[], project: string): void {
  install(project, ['--ignore-scripts', ...names]);
}

function install(project: string, argv: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...argv], {
    cwd: project,
    ...NPM,
  });
  if (status !== 0) throw new Error(`npm install: ${stderr}`);
}
