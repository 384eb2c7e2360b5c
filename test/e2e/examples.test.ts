import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../docs/run_program.js';
import { denoArguments, hasDeno } from '../engines/deno/run_deno.js';
import { ROOT } from './chromium.js';
import { openExamples, PROJECT, type Examples } from './example_project.js';
import { ALIKE, difference, fromKept, kept } from './kept_picture.js';

const EXAMPLES = join(ROOT, 'examples');
/** Lines that an example may have, and the newcomer's page with its script. */
const [MOST_LINES, NEWCOMER_LINES] = [80, 40];
/** The newcomer's own project. */
const NEWCOMER = 'three-occlusion';
/** The kept picture of those that show the depth of the sample in inferno. */
const DEPTH = 'depth';
/** Built by Vite, from the installed package; with the picture that is kept. */
const PAGES = {
  react: DEPTH,
  worker: 'worker',
  camera: 'camera',
  'three-relief': 'three-relief',
  'raw-webgpu-parallax': 'raw-webgpu-parallax',
};
/** A ball stands behind the cars; the photograph alone is another view. */
const WITH_BALL = [NEWCOMER, 'babylon'];
/** Served as it is, as its import map says where the package is. */
const PLAIN = 'plain-page';
const PROGRAMS = ['node-folder', 'deno'];
/** Run by `test/long/examples.test.ts`, as these hosts are large, and by `shards.test.ts`. */
const ELSEWHERE = ['babylon', 'playcanvas', 'many-machines'];

const scripts = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(EXAMPLES, name)).map((file) => `${name}/${file}`));
const linesOf = (script: string) => readFileSync(join(EXAMPLES, script), 'utf8').split('\n').length - 1;

let examples: Examples;
beforeAll(async () => {
  examples = await openExamples({ newcomer: NEWCOMER, pages: Object.keys(PAGES) });
});
afterAll(() => examples?.close());

describe('an example', () => {
  it('is under 80 lines, and all are run here or say where', () => {
    const folders = [...new Set(scripts.map((script) => script.split('/')[0]))].sort();
    expect(folders).toEqual([...Object.keys(PAGES), NEWCOMER, PLAIN, ...PROGRAMS, ...ELSEWHERE].sort());
    for (const script of scripts) expect(linesOf(script), script).toBeLessThan(MOST_LINES);
    const table = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    for (const folder of folders) expect(table).toContain(`](${folder}/`);
  });

  it.each([...new Set(Object.values(PAGES)), NEWCOMER, 'babylon', 'playcanvas'])(
    '%s would be found blank, mirrored or of another view',
    async (name) => {
      const picture = await kept(name).raw().toBuffer();
      const { width, height } = await kept(name).metadata();
      const aside = { left: width / 24, top: 0, width: width - width / 24, height };
      const others = [
        kept(name).blur(20),
        kept(name).flop(),
        kept(name).flip(),
        kept(name).extract(aside).resize(width, height, { fit: 'fill' }),
        ...(WITH_BALL.includes(name) ? [kept('raw-webgpu-parallax')] : []),
      ];
      for (const other of others) expect(difference(await other.raw().toBuffer(), picture)).toBeGreaterThan(4 * ALIKE);
    },
  );
});

describe('in Chromium', () => {
  it(`${NEWCOMER}: from npm install to a ball behind the cars in under 40 lines`, async () => {
    const lines = scripts.filter((script) => script.startsWith(`${NEWCOMER}/`)).map(linesOf);
    expect(lines.reduce((sum, of) => sum + of)).toBeLessThan(NEWCOMER_LINES);
    const page = await examples.show(NEWCOMER, examples.built);
    await page.close();
  });

  it('plain-page, without a bundler', async () => {
    const page = await examples.show(DEPTH, `${examples.plain}examples/${PLAIN}/`);
    await page.close();
  });

  it.each(Object.entries(PAGES))('%s', async (name, picture) => {
    const page = await examples.show(picture, `${examples.built}examples/${name}/`);
    if (name === 'raw-webgpu-parallax') await movesWithThePointer(page, name);
    await page.close();
  });

  async function movesWithThePointer(page: Page, name: string): Promise<void> {
    const canvas = (await page.$('canvas'))!;
    const { x, y, width, height } = (await canvas.boundingBox())!;
    await page.mouse.move(x + width - 2, y + height / 2);
    const moved = async () => fromKept(name, await canvas.screenshot(), `${name}-moved`);
    await expect.poll(moved, { timeout: 30_000 }).toBeGreaterThan(4 * ALIKE);
  }
});

describe('in Node', () => {
  it('node-folder maps what it can read, says what it cannot, and goes on where it was', async () => {
    const run = () => runProgram(process.execPath, ['examples/node-folder/folder.js', 'photos', 'depth'], PROJECT);
    const first = await run();
    expect(first.output).toContain(join('depth', 'more', 'street.jpg.png'));
    expect(first.output).toMatch(/broken\.jpg: /);
    expect(first.code).toBe(1);
    expect(await fromKept(DEPTH, await readFile(join(PROJECT, 'depth/more/street.jpg.png')))).toBeLessThan(ALIKE);
    await rm(join(PROJECT, 'photos/broken.jpg'));
    expect(await run()).toMatchObject({ code: 0 });
  });
});

if (!hasDeno) console.warn('SKIPPED: the package deno has no binary for this machine, so its example is not run.');

it.skipIf(!hasDeno)('deno maps a picture on its own WebGPU', async () => {
  const program = join(PROJECT, 'examples/deno/depth.ts');
  const { code, output } = await runProgram(
    process.execPath,
    denoArguments(program, ['sample.jpg', 'deno.png']),
    PROJECT,
  );
  expect(code, output).toBe(0);
  expect(await fromKept(DEPTH, await readFile(join(PROJECT, 'deno.png')))).toBeLessThan(ALIKE);
});
