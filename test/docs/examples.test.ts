import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, PRESENTING, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm } from '../e2e/clips.js';
import type { Served } from '../e2e/servers.js';
import { hasDeno } from '../engines/deno/run_deno.js';
import { COMMANDS, EXAMPLES } from './examples.js';
import { readDocument, ROOT } from './markdown.js';
import {
  checkTypes,
  FOLDER,
  makeProject,
  pathOf,
  PROJECT,
  runInDeno,
  runInNode,
  runNode,
  serveProject,
  TOOL,
  writeExample,
} from './project.js';

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const blocks = ['README.md', 'docs/cookbook.md'].flatMap((file) => readDocument(file).blocks);
const code = blocks.filter(({ language }) => /^tsx?$/.test(language));
const lines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim()))
  .filter((line) => line !== '' && !line.startsWith('#'));
const commands = [...new Set(lines)];
const examplesIn = (place: string) =>
  code.flatMap((block) => (EXAMPLES[block.id]?.in === place ? [[block.id, block, EXAMPLES[block.id]!] as const] : []));

beforeAll(async () => {
  await makeProject();
  for (const block of code) await writeExample(block, EXAMPLES[block.id] ?? { in: 'types' });
});
afterAll(() => rm(PROJECT, { recursive: true, force: true }));

describe('the code of the README and the cookbook', () => {
  it('is all run, or says here why not', () => {
    expect(code.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(EXAMPLES)));
    expect(Object.keys(EXAMPLES)).toEqual(expect.arrayContaining(code.map(({ id }) => id)));
    const unrun = Object.entries(EXAMPLES).filter(([, { in: place, why }]) => (place === 'types') !== Boolean(why));
    expect(unrun).toEqual([]);
    expect(Object.keys(COMMANDS).sort()).toEqual([...commands].sort());
    expect(blocks.filter(({ language }) => !/^(?:tsx?|sh)$/.test(language))).toEqual([]);
  });

  it('is right by the public declarations', async () => {
    expect(await checkTypes()).toBe('');
    await writeFile(
      join(PROJECT, 'page/wrong.ts'),
      "import { depthModels } from 'depthwise';\ndepthModels.length = '1';\n",
    );
    expect(await checkTypes()).toMatch(/page\/wrong\.ts\(2,\d+\): error TS2/);
    await rm(join(PROJECT, 'page/wrong.ts'));
  });
});

describe('in a page', () => {
  let chromium: Chromium;
  let served: Served;
  let page: Page;
  let watch: Watch;
  beforeAll(async () => {
    [chromium, served] = await Promise.all([startChromium(PRESENTING), serveProject()]);
    ({ page, watch } = await openPage(chromium.browser));
  });
  afterAll(async () => {
    await chromium?.close();
    await served?.close();
  });

  it.each(examplesIn('page'))('%s runs', async (_id, block, example) => {
    await page.goto(served.url);
    const ended = await page.evaluate(
      `import(${JSON.stringify(pathOf(block, example))}).then(() => 'done', (error) => error.name ` +
        `+ ': ' + error.message)`,
    );
    expect(ended).toMatch(example.aborts ? /^AbortError/ : /^done$/);
  });

  it('asks no other origin, under the policy of the README', async () => {
    const elsewhere = "import('data:text/javascript,').then(() => 'ran', () => 'refused')";
    expect(await page.evaluate(elsewhere)).toBe('refused');
    expect([...watch.origins]).toEqual([new URL(served.url).origin]);
  });
});

describe('in Node', () => {
  it.each(examplesIn('node'))('%s runs', async (_id, block, example) => {
    const { code: exit, output } = await runInNode(block, example);
    expect(exit, output).toBe(0);
  });
});

if (!hasDeno) console.warn('SKIPPED: the package deno has no binary for this machine, so its example is not run.');

describe.skipIf(!hasDeno)('in Deno', () => {
  it.each(examplesIn('deno'))('%s runs', async (_id, block, example) => {
    const { code: exit, output } = await runInDeno(block, example);
    expect(exit, output).toBe(0);
  });
});

describe('in a shell', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const runnable = commands.flatMap((line) =>
    COMMANDS[line] && !COMMANDS[line].why && (canFilm || !COMMANDS[line].needs)
      ? [[line, COMMANDS[line]] as const]
      : [],
  );

  it.each(runnable)('%s runs', async (line, { makes = [] }) => {
    for (const file of makes) await rm(join(FOLDER, file), { force: true });
    const [program, name, ...rest] = line.split(' ');
    const script = name === 'run' ? scripts[rest.shift()!]!.split(' ').slice(1) : [];
    const args = rest.filter((word) => word !== '--');
    const { code: exit, output } =
      program === 'npm' ? await runNode([...script, ...args], ROOT) : await runNode([TOOL, ...rest]);
    expect(exit, output).toBe(0);
    expect(makes.filter((file) => !existsSync(join(FOLDER, file)))).toEqual([]);
  });

  it('has every script that the documents name', () => {
    for (const file of DOCUMENTS) {
      const named = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/npm run ([a-z:]+)/g)].map(
        ([, script]) => script!,
      );
      expect(
        named.filter((script) => !(script in scripts)),
        file,
      ).toEqual([]);
    }
  });
});
