import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/node/index.js';
import * as checks from './code_checks.js';
import { codeMutants, type CodeMutant } from './code_mutants.js';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  // Inside the checkout, where packages that are not built in are found.
  folder = await mkdtemp(join(ROOT, 'node_modules/.mutants-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Edits sources as they are built. @throws where a text does not stand exactly once */
function editing(edits: CodeMutant['edits']): Plugin {
  return {
    name: 'mutant',
    enforce: 'pre',
    transform(code, id) {
      let edited = code;
      for (const [file, from, to] of edits) {
        if (id.split('?')[0] !== join(ROOT, file)) continue;
        if (code.split(from).length !== 2) throw new Error(`${file}: "${from}" does not stand once.`);
        edited = edited.replace(from, () => to);
      }
      return edited === code ? undefined : edited;
    },
  };
}

async function libraryWith(edits: CodeMutant['edits']): Promise<typeof Library> {
  const outDir = await mkdtemp(join(folder, 'x'));
  await build({
    configFile: join(ROOT, 'vite.node.config.ts'),
    root: ROOT,
    logLevel: 'error',
    plugins: [editing(edits)],
    build: { outDir, emptyOutDir: false },
  });
  return (await import(/* @vite-ignore */ pathToFileURL(join(outDir, 'node.js')).href)) as typeof Library;
}

describe('seeded wrong libraries', () => {
  it('differ from the right one, which keeps every promise', async () => {
    const library = await libraryWith([]);
    for (const [name, check] of Object.entries(checks)) expect(await check(library), name).toBe(true);
  });

  it.each(codeMutants)('$name', async ({ edits, check }) => {
    expect(await check(await libraryWith(edits))).toBe(false);
  });
});
