import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputText } from '../../src/cli/models.js';
import { depthModels } from '../../src/index.js';
import { entryByName } from '../../src/models/resolve.js';
import { readDocument, ROOT, slug } from './markdown.js';

const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  'tools/nano/LOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
];
/** Written by a generator. */
const written = (file: string) => file.startsWith('docs/api/');
const WIDTH = 120;

interface Link {
  readonly line: number;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Links of a file to other files of the repository, and to its own headings. */
function linksOf(file: string): Link[] {
  return readDocument(file).prose.flatMap(([line, text]) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [path = '', anchor] = target.split('#');
        return { line, path: path === '' ? file : join(dirname(file), path), anchor };
      }),
  );
}

describe('the documents', () => {
  it('make the anchors that GitHub makes', () => {
    expect(slug('8-bit and 16-bit PNG')).toBe('8-bit-and-16-bit-png');
    expect(slug('4. Kernels — `shaders/`, `src/kernels/`')).toBe('4-kernels--shaders-srckernels');
  });

  it.each(FILES)('%s links to what exists', (file) => {
    const links = linksOf(file);
    expect(links.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
    const dead = links.filter(
      ({ path, anchor }) => anchor !== undefined && path.endsWith('.md') && !readDocument(path).anchors.has(anchor),
    );
    expect(dead).toEqual([]);
  });

  it.each(FILES.filter((file) => !written(file)))(`%s has no line over ${WIDTH} columns but in tables`, (file) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    const long = lines.flatMap((line, i) => (line.length > WIDTH && !line.startsWith('|') ? [`${file}:${i + 1}`] : []));
    expect(long).toEqual([]);
  });

  it('name files of the repository that exist', () => {
    for (const file of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/performance.md']) {
      const named = [
        ...readFileSync(join(ROOT, file), 'utf8').matchAll(
          /`((?:src|test|tools|bench|shaders|demo|truth)\/[\w./-]*)`/g,
        ),
      ];
      const missing = named
        .map(([, path]) => path!)
        .filter((path) => !/\bx\.|\/x$/.test(path) && !existsSync(join(ROOT, path)));
      expect(missing, file).toEqual([]);
    }
  });
});

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  it('leads a new user to each of these in one click at most', () => {
    const near = [readme, ...new Set(linksOf('README.md').map(({ path }) => path))]
      .map((text, i) => (i === 0 ? text : text.endsWith('.md') ? readFileSync(join(ROOT, text), 'utf8') : ''))
      .join('\n');
    const wanted = {
      install: 'npm install depthwise',
      progress: 'onProgress',
      cancelling: 'AbortError',
      'nano in a page': "from 'depthwise/nano'",
      'eight bits': '8 bit',
      'sixteen bits': 'png16',
      metres: 'larger is',
      policy: "script-src 'self'",
      'clearing the cache': 'clearCachedWeights(',
      offline: 'offline',
      workers: 'new Worker(',
      'self-hosted weights': "weights: '/weights/",
      'browsers, and what each lacks': '| Firefox |',
      'the API': 'loadDepthModel()',
    };
    expect(Object.entries(wanted).filter(([, text]) => !near.includes(text))).toEqual([]);
  });

  it('links to what is in the package', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    const packed = (path: string) => files.some((name) => path === name || path.startsWith(`${name}/`));
    expect(linksOf('README.md').filter(({ path }) => !packed(path))).toEqual([]);
  });

  /** Rows of the table of models, and the models that each is about. */
  const rows = readme
    .split('\n')
    .filter((line) => line.startsWith('| `') && / MB \|/.test(line))
    .map((row) => {
      const cells = row.split('|').map((cell) => cell.trim());
      const [first, ...more] = [...cells[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      return { cells, names: [first!, ...more.map((end) => first!.replace(/-\w+$/, end))] };
    });

  it('has a download size for every model', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(depthModels.map(({ name }) => name).sort());
  });

  it.each(rows)('says of $names what the registry says: kind, input and licence', ({ cells, names }) => {
    const models = names.map((name) => depthModels.find((model) => model.name === name)!);
    const kinds = { metric: 'metres', relative: 'relative', 'relative-inverse': 'relative inverse' };
    for (const { kind } of models) expect(cells[2]!.split(',')[0]!.replace(' by a focal length', '')).toBe(kinds[kind]);
    const inputs = [...new Set(names.map((name) => inputText(entryByName(name).input)))];
    for (const input of inputs) expect(cells[5]).toContain(input.replace('near ', ''));
    for (const word of ['near', 'short', 'long'])
      expect(cells[5]!.includes(word), word).toBe(inputs.some((input) => input.startsWith(word)));
    for (const { licence, permissive } of models)
      expect(cells[6]).toBe(permissive ? licence : `${licence.replace(' by the authors', '')} *`);
  });

  it('says what to do for every error code', () => {
    const table = [...readme.slice(readme.indexOf('## Errors')).matchAll(/^\| (`[A-Z].*?) \|/gm)].map(
      ([, cell]) => cell!,
    );
    const rows = table.flatMap((cell) => [...cell.matchAll(/`([A-Z0-9_]+\*?)`/g)].map(([, code]) => code!));
    const codes = errorCodes();
    expect(codes.length).toBeGreaterThan(100);
    const covers = (row: string, code: string) =>
      row.endsWith('*') ? code.startsWith(row.slice(0, -1)) : row === code;
    expect(codes.filter((code) => !rows.some((row) => covers(row, code)))).toEqual([]);
    expect(rows.filter((row) => !codes.some((code) => covers(row, code)))).toEqual([]);
  });
});

/** Every code of the public union, which a test holds to what is raised. */
function errorCodes(): string[] {
  const source = readFileSync(join(ROOT, 'src/error_codes.ts'), 'utf8');
  return [...source.matchAll(/^ +\| '([A-Z0-9_]+)'/gm)].map(([, code]) => code!);
}
