import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { check, getFileInfo, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const WIDTH = 120;
/** Where code that ships, and what is shown with it, lies. */
const SHIPPED = ['src', 'shaders', 'demo', 'truth'];

const files = execFileSync('git', ['ls-files', ...SHIPPED], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

it('no line of code is longer than 120 characters', () => {
  const code = files.filter((file) => /\.(?:ts|wgsl|css|html)$/.test(file));
  expect(code.length).toBeGreaterThan(200);
  const long = code.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (line.length > WIDTH ? `${file}:${i + 1}` : [])),
  );
  expect(long).toEqual([]);
});

it('files are as npm run format leaves them', async () => {
  const ignorePath = join(ROOT, '.prettierignore');
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const path = join(ROOT, file);
    if ((await getFileInfo(path, { ignorePath })).ignored) continue;
    const options = { ...(await resolveConfig(path)), filepath: path };
    expect(await check(readFileSync(path, 'utf8'), options), file).toBe(true);
  }
});
