import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { check, getFileInfo, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const WIDTH = 120;
/** Recorded or generated, or of others. */
const NOT_WRITTEN = /^(?:test\/fixtures|docs\/api|bench\/results)\//;

const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => !NOT_WRITTEN.test(file));

it('no line of code is longer than 120 characters', () => {
  const code = files.filter((file) => /\.(?:ts|mjs|js|py|c|sh|wgsl|css|html)$/.test(file));
  expect(code.length).toBeGreaterThan(500);
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
