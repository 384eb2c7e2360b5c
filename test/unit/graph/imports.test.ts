import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** Floors of the rooms: a room may import from its own floor and from those below. */
const FLOORS = [
  ['errors', 'error_codes', 'tensor', 'warnings', 'parts', 'arguments'],
  ['gpu', 'kernels'],
  ['graph'],
  ['weights', 'models', 'image', 'depth', 'eval'],
  ['tuning', 'views', 'heif'],
  ['runtime'],
  ['index'],
  ['worker', 'node', 'cli'],
];

/** Files that may be loose in `src/`, outside its rooms. */
const MOST_LOOSE = 8;

/** Shipped TypeScript files, as paths from the root. */
const shipped = (readdirSync(join(ROOT, 'src'), { recursive: true }) as string[])
  .map((name) => join('src', name))
  .filter((name) => /(?<!\.d)\.ts$/.test(name) && !/(^|\/|\.)spec\.ts$/.test(name));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased at build time. */
  readonly type: boolean;
  /** A door: `import(…)`, whose module runs when it is asked for. */
  readonly door: boolean;
}

/** Relative imports of TypeScript files among the text of a file. */
function importsOf(file: string, text = readFileSync(join(ROOT, file), 'utf8')): Import[] {
  const found = [
    ...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm),
    ...text.matchAll(/()\bimport\(\s*'([^']+)'/g),
  ];
  return found
    .filter(([, , path]) => (path as string).startsWith('.') && !(path as string).includes('.wgsl'))
    .map(([statement, type, path]) => ({
      from: file,
      to: normalize(join(dirname(file), path as string)).replace(/\.js$/, '.ts'),
      type: type !== undefined && type !== '',
      door: statement.startsWith('import('),
    }));
}

function roomOf(file: string): number {
  const name = file.split('/')[1]?.replace(/\.ts$/, '') as string;
  const floor = FLOORS.findIndex((rooms) => rooms.includes(name));
  if (floor < 0) throw new Error(`${file} is in no room that has a floor.`);
  return floor;
}

/** All but the doors that `parts.ts` lists: they lead up, and what is behind one runs after the file that asks. */
const LIST_OF_DOORS = 'src/parts.ts';
const all = shipped.flatMap((file) => importsOf(file));
const imports = all.filter(({ from, door }) => !(door && from === LIST_OF_DOORS));
const show = ({ from, to }: Import) => `${from} imports ${to}`;

describe('rooms', () => {
  it(`leave ${MOST_LOOSE} files at most loose in src/`, () => {
    const loose = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(loose.length, loose.map(({ name }) => name).join(', ')).toBeLessThanOrEqual(MOST_LOOSE);
  });
});

describe('imports', () => {
  it('are found', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(
      importsOf(
        'src/a/b.ts',
        "import type { X } from '../c.js';\nimport {\n  y,\n} from './d.js';\nexport { z } from " +
          "'../e/f.js';\nconst g = await import('./g.js');",
      ),
    ).toEqual([
      { from: 'src/a/b.ts', to: 'src/c.ts', type: true, door: false },
      { from: 'src/a/b.ts', to: 'src/a/d.ts', type: false, door: false },
      { from: 'src/a/b.ts', to: 'src/e/f.ts', type: false, door: false },
      { from: 'src/a/b.ts', to: 'src/a/g.ts', type: false, door: true },
    ]);
  });

  it('go one way, types included, from the upper floors to the lower ones', () => {
    expect(imports.filter(({ from, to }) => roomOf(to) > roomOf(from)).map(show)).toEqual([]);
  });

  it('have their doors in one list, but for those of the families', () => {
    const doors = all.filter(({ door }) => door);
    expect(doors.filter(({ from }) => from === LIST_OF_DOORS).map(({ to }) => to)).toEqual([
      'src/kernels/slim.ts',
      'src/tuning/gpu.ts',
      'src/tuning/gpu_transformers.ts',
      'src/weights/format/torch_file.ts',
      'src/depth/drawing.ts',
      'src/runtime/rare.ts',
      'src/runtime/steady.ts',
      'src/weights/fetch/downloads.ts',
    ]);
    const others = doors.filter(({ from }) => from !== LIST_OF_DOORS);
    const network = ({ from, to }: Import) => to === from.replace('src/models/families/', 'src/models/networks/');
    expect(others.filter((door) => !network(door)).map(show)).toEqual([]);
  });

  it('stay within the shipped files: no spec, test, bench or tool', () => {
    expect(all.filter(({ to }) => !shipped.includes(to) && to !== 'package.json').map(show)).toEqual([]);
  });

  it('have no cycle, types included', () => {
    expect(cyclesOf(imports)).toEqual([]);
  });
});

describe('imports outside src/', () => {
  const files = ['bench', 'demo', 'test', 'truth'].flatMap((room) =>
    (readdirSync(join(ROOT, room), { recursive: true }) as string[])
      .map((name) => join(room, name))
      .filter((name) => /(?<!\.d)\.ts$/.test(name) && !/^test\/(?:fixtures|output)\//.test(name)),
  );
  const found = files.flatMap((file) => importsOf(file));
  const roomAt = (file: string) => file.split('/')[0] as string;

  it('are found in every room', () => {
    expect([...new Set(found.map(({ from }) => roomAt(from)))].sort()).toEqual(['bench', 'demo', 'test', 'truth']);
  });

  it.each([
    ['truth', ['src', 'truth']],
    ['bench', ['src', 'truth', 'bench', 'tools']],
    ['demo', ['src', 'demo', 'tools']],
    ['test', ['src', 'truth', 'bench', 'demo', 'tools', 'test']],
  ])('of %s are of %s', (room, allowed) => {
    const strange = found.filter(
      ({ from, to }) =>
        roomAt(from) === room &&
        !allowed.includes(roomAt(to)) &&
        !/^(?:package\.json|node_modules\/|test\/fixtures\/)/.test(to),
    );
    expect(strange.map(show)).toEqual([]);
  });
});

/** The ways that come back to the file they start from. */
function cyclesOf(among: readonly Import[]): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
    if (done.has(file)) return [];
    const cycles = among.flatMap(({ from, to }) => (from === file ? visit(to, [...path, file]) : []));
    done.add(file);
    return cycles;
  };
  return shipped.flatMap((file) => visit(file, []));
}
