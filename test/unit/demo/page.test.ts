import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareLayers, type Layer } from '../../../demo/agreement.js';
import { kindOf } from '../../../demo/file_kind.js';
import { distanceBetween } from '../../../demo/measure.js';
import { linkTo, readParameters, readSettings } from '../../../demo/parameters.js';
import { DEFAULTS } from '../../../demo/view_settings.js';

const [W, H] = [48, 32];
/** Metres of a slope with a box in front of it. */
const metres = Float32Array.from({ length: W * H }, (_, i) => {
  const [x, y] = [i % W, Math.floor(i / W)];
  return x > 10 && x < 20 && y > 8 && y < 24 ? 1.5 : 2 + (H - y) / 4 + x / 50;
});
const layer = (title: string, kind: Layer['kind'], values: Float32Array): Layer => ({
  ...{ title, kind, values, width: W, height: H },
});
const truth = layer('truth', 'metric', metres);

describe('agreement of two maps', () => {
  it('is whole for a map without a unit that is another scaled and shifted', () => {
    const relative = layer(
      'relative',
      'relative-inverse',
      metres.map((z) => 7 / z - 3),
    );
    const { correlation, difference, order, differences } = compareLayers(truth, relative);
    expect(correlation).toBeCloseTo(1, 5);
    expect(difference).toBeLessThan(1e-5);
    expect(order).toBe(1);
    expect(Math.max(...differences.map(Math.abs))).toBeLessThan(1e-5);
  });

  it('is none for a map that has near and far swapped', () => {
    const swapped = layer(
      'swapped',
      'relative-inverse',
      metres.map((z) => -1 / z),
    );
    const { correlation, order } = compareLayers(truth, swapped);
    expect(correlation).toBeCloseTo(-1, 5);
    expect(order).toBe(0);
  });

  it('says where the second map is nearer, and takes sky for infinitely far', () => {
    const wrong = metres.slice();
    wrong[5] = 1;
    const sky = metres.map((z, i) => (i < W ? Infinity : z));
    const { differences, width, height } = compareLayers(layer('sky', 'metric', sky), layer('wrong', 'metric', wrong));
    expect([width, height]).toEqual([W, H]);
    expect(differences.every(Number.isFinite)).toBe(true);
    expect(differences[5]).toBe(Math.max(...differences));
    expect(differences[5]).toBeGreaterThan(0.5);
  });

  it('compares maps of different sizes, the larger one on a coarser grid', () => {
    const large: Layer = { ...truth, width: 960, height: 640, values: new Float32Array(960 * 640) };
    for (let y = 0; y < 640; y++)
      for (let x = 0; x < 960; x++) large.values[960 * y + x] = metres[W * Math.floor(y / 20) + Math.floor(x / 20)]!;
    const { correlation, width, height } = compareLayers(large, truth);
    expect([width, height]).toEqual([320, 213]);
    expect(correlation).toBeGreaterThan(0.99);
  });
});

it('imports the library by its entries alone, and nothing of other folders', () => {
  const folder = join(import.meta.dirname, '../../../demo');
  const imports = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== 'vite.config.ts')
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/(?:from|import\() ?'([^']+)'/g)])
    .map(([, name]) => name!);
  const others = new Set(imports.filter((name) => !name.startsWith('./')));
  expect([...others].sort()).toEqual([
    'depthwise',
    'depthwise/colormaps',
    'depthwise/nano.safetensors?url',
    'depthwise/views',
  ]);
});

describe('the measuring tool', () => {
  const lens = { angle: 90, aspect: 2 };
  it('gives the distance of two points in space', () => {
    // At 90° a wall 2 m away is 4 m wide, and half of that high where the picture is.
    expect(distanceBetween({ u: 0, v: 0.5, z: 2 }, { u: 1, v: 0.5, z: 2 }, lens)).toBeCloseTo(4);
    expect(distanceBetween({ u: 0.5, v: 0, z: 2 }, { u: 0.5, v: 1, z: 2 }, lens)).toBeCloseTo(2);
    expect(distanceBetween({ u: 0.5, v: 0.5, z: 2 }, { u: 0.5, v: 0.5, z: 5 }, lens)).toBeCloseTo(3);
    expect(distanceBetween({ u: 0, v: 0.5, z: 1 }, { u: 0, v: 0.5, z: 4 }, lens)).toBeCloseTo(3 * Math.SQRT2);
  });
});

describe('links to the page', () => {
  const empty = { search: '', hash: '' };
  it('reopen what was set, and say nothing of what is as usual', () => {
    expect(linkTo({}, DEFAULTS, '')).toBe('#');
    const settings = { ...DEFAULTS, view: 'focus', layout: 'tb', surface: 'points', blur: 0.04, yaw: -7.1234 } as const;
    const hash = linkTo({ model: 'midas-v2.1-small', image: './gallery/room.jpg', invert: '1' }, settings, '');
    expect(readSettings({ search: '', hash })).toEqual({ ...settings, yaw: -7.123 });
    expect(readParameters({ search: '', hash })).toMatchObject({
      ...{ model: 'midas-v2.1-small', image: './gallery/room.jpg', invert: '1', size: undefined },
    });
  });

  it('count more behind # than in the query, also where they take something back', () => {
    const search = '?model=a&size=96&view=mesh';
    const hash = linkTo({ model: undefined, size: '128' }, DEFAULTS, search);
    expect(readParameters({ search, hash })).toMatchObject({ model: undefined, size: '128' });
    expect(readSettings({ search, hash }).view).toBe('parallax');
  });

  it('are not believed where they make no sense', () => {
    const hash = '#view=toString&layout=x&surface=&far=1e9&angle=&blur=NaN&split=-1';
    expect(readSettings({ ...empty, hash })).toEqual(DEFAULTS);
  });
});

describe('the kind of a file', () => {
  const ftyp = (brand: string) => [0, 0, 0, 24, ...new TextEncoder().encode(`ftyp${brand}`)];
  it.each([
    ['an MP4 file', ftyp('isom'), 'video'],
    ['a QuickTime file', ftyp('qt  '), 'video'],
    ['a WebM file', [0x1a, 0x45, 0xdf, 0xa3, 1], 'video'],
    ['an AVI file', new TextEncoder().encode('RIFF\0\0\0\0AVI LIST'), 'video'],
    ['a WebP file', new TextEncoder().encode('RIFF\0\0\0\0WEBPVP8 '), 'picture'],
    ['an AVIF file', ftyp('avif'), 'picture'],
    ['a HEIC file', ftyp('heic'), 'picture'],
    ['a zip archive', [0x50, 0x4b, 3, 4], 'weights'],
    ['a text', new TextEncoder().encode('Nothing but words.'), 'picture'],
    ['nothing', [], 'picture'],
  ])('of %s is told by its bytes', async (_, bytes, kind) => {
    expect(await kindOf(new Blob([Uint8Array.from(bytes)]))).toBe(kind);
  });
});
