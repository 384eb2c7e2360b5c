import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
const LIST = 'error_codes.ts';

it('lists codes that something raises, each once and in order', () => {
  const codes = [...readFileSync(join(SRC, LIST), 'utf8').matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(100);
  expect(codes).toEqual([...new Set(codes)].sort());
  const files = (readdirSync(SRC, { recursive: true }) as string[]).filter(
    (file) => /\.ts$/.test(file) && file !== LIST,
  );
  const text = files.map((file) => readFileSync(join(SRC, file), 'utf8')).join('\n');
  // Those of options are made of the option's name.
  const option = (code: string) =>
    code
      .slice(7)
      .toLowerCase()
      .replace(/_./g, (part) => part.charAt(1).toUpperCase());
  const raised = (code: string) =>
    text.includes(`'${code}'`) ||
    (code.startsWith('OPTION_') &&
      new RegExp(`'${option(code)}'|\\b${option(code)}: (?:\\[|'(?:positive|signal)')`).test(text));
  expect(codes.filter((code) => !raised(code))).toEqual([]);
});
