import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from '../docs/run_program.js';
import { ROOT } from '../e2e/chromium.js';
import { openExamples, PROJECT, type Examples } from '../e2e/example_project.js';

/**
 * Hosts of graphics that are large: each bundles, compiles and draws for longer than all of the library does, and both
 * take 200 MB, which nobody should download who does not want them.
 */
const PAGES = ['babylon', 'playcanvas'];
const PACKAGES = ['@babylonjs/core@9.35.0', 'playcanvas@2.23.3'];

let examples: Examples;
beforeAll(async () => {
  examples = await openExamples({ pages: PAGES, packages: PACKAGES });
});
afterAll(() => examples?.close());

it.each(PAGES)('%s shows what is kept of it', async (name) => {
  await (await examples.show(name, `${examples.built}examples/${name}/`)).close();
});

it('both compile under the strict options of the repository, which leave them out', async () => {
  const options = JSON.parse(await readFile(join(ROOT, 'tsconfig.json'), 'utf8')) as { exclude: string[] };
  expect(options.exclude).toEqual(PAGES.map((name) => `examples/${name}`));
  const include = [...options.exclude, join(ROOT, 'src/kernels/wgsl.d.ts')];
  const config = { extends: join(ROOT, 'tsconfig.json'), include, exclude: [] };
  await writeFile(join(PROJECT, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { code, output } = await runProgram(process.execPath, [tsc, '--noEmit', '-p', PROJECT], PROJECT);
  expect(code, output).toBe(0);
});
