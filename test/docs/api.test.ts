import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './markdown.js';
import { runProgram } from './run_program.js';

const MADE = join(ROOT, 'test/output/api');

/** Text of every file in a folder and those below it, by path. */
function filesIn(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

it('docs/api says what the types say; npm run docs writes it', async () => {
  const typedoc = join(ROOT, 'tools/docs/node_modules/typedoc/bin/typedoc');
  const argv = [typedoc, '--options', 'tools/docs/typedoc.json', '--out', MADE];
  const { code, output } = await runProgram(process.execPath, argv, ROOT);
  expect(code, output).toBe(0);
  expect(filesIn(join(ROOT, 'docs/api'))).toEqual(filesIn(MADE));
  await rm(MADE, { recursive: true });
});
