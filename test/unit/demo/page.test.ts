import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compareLayers, type Layer } from '../../../demo/agreement.js';
import type { ModelName } from '../../../src/index.js';
import { assumptions } from '../../../demo/assumptions.js';
import { describeFolder, dropped, folderOf, MOST_PICTURES } from '../../../demo/dropped.js';
import { mapNames } from '../../../demo/map_names.js';
import { kindOf } from '../../../demo/file_kind.js';
import { Footage } from '../../../demo/footage.js';
import { distanceBetween } from '../../../demo/measure.js';
import { MEGABYTES } from '../../../demo/model_facts.js';
import { linkTo, readParameters, readSettings } from '../../../demo/parameters.js';
import { DEFAULTS, type ViewName } from '../../../demo/view_settings.js';

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

afterEach(() => vi.unstubAllGlobals());

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
    'client-zip',
    'depthwise',
    'depthwise/colormaps',
    'depthwise/heif',
    'depthwise/nano.safetensors?url',
    'depthwise/views',
    'libheif-js/index.js',
    'mediabunny',
  ]);
});

describe('what is taken for granted', () => {
  const said = (kind: 'relative-inverse' | 'metric', model: ModelName, view: ViewName) =>
    assumptions({ map: { kind, model }, title: 'It', lens: undefined }, { ...DEFAULTS, view });

  it('is nothing of a scene where maps are looked at', () => {
    for (const view of ['map', 'compare', 'peer'] as const)
      expect(said('relative-inverse', 'nano', view), view).toMatch(/ has no unit\.$/);
    expect(said('relative-inverse', 'nano', 'mesh')).toContain('The farthest is taken to be 8 times');
  });

  it('is the angle of view where metres are measured, and that they go by it where they do', () => {
    const angle = 'The picture is taken to span 60° from side to side, which nothing in it says.';
    for (const view of ['map', 'compare', 'mesh'] as const) {
      expect(said('metric', 'zoedepth-n', view).endsWith(angle), view).toBe(true);
      expect(said('metric', 'depth-anything-3-metric-large', view), view).toContain(`${angle} The metres go by that.`);
    }
  });
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

it('says of each model how much it downloads, as the README does', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
  const sizes = readme.split('\n').flatMap((line) => {
    const [, names = '', , , download = ''] = line.split('|');
    const [first = '', ...ends] = [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const values = /(?:\d[\d.,]*, )*\d[\d.,]*(?= MB)/.exec(download)?.[0].split(', ') ?? [];
    if (!first || values.length === 0) return [];
    const all = [first, ...ends.map((end) => first.replace(/-\w+$/, end))];
    return all.map((name, i) => [name, Number((values[i] ?? values[0]!).replace(',', ''))] as const);
  });
  expect(sizes.length).toBeGreaterThan(30);
  expect(MEGABYTES).toEqual(Object.fromEntries(sizes));
});

describe('a folder', () => {
  const files = (count: number, ending: string) => Array.from({ length: count }, (_, i) => new File([], i + ending));
  /** What a browser gives of a dropped file, or of a folder with its entries. */
  const entry = (name: string, inside?: readonly object[]) => ({
    ...{ name, fullPath: `/${name}`, isDirectory: inside !== undefined },
    file: (done: (file: File) => void) => done(new File([], name)),
    createReader: () => {
      const parts = [inside, []];
      return { readEntries: (done: (some: unknown) => void) => done(parts.shift()) };
    },
  });

  it('is told in words, with how much of it is not offered', () => {
    expect(describeFolder(folderOf('a', files(1, '.png')))).toBe('a: 1 picture');
    expect(describeFolder(folderOf('a', [...files(2, '.JPG'), ...files(1, '.txt')]))).toBe(
      'a: 2 pictures, and 1 other file left aside',
    );
    expect(describeFolder(folderOf('a', files(MOST_PICTURES + 7, '.png')))).toBe('a: the first 2000 of 2007 pictures');
    expect(describeFolder(folderOf('a', files(2, '')))).toBe('a holds no picture, but 2 other files.');
  });

  it('has the maps of its pictures under their names, which are whole where two would be one', () => {
    expect(mapNames(['a.jpg', 'b/a.jpg', 'b/c.d.png', 'b/C.d.HEIC', '.e'], '-x.png')).toEqual([
      ...['a-x.png', 'b/a-x.png', 'b/c.d.png-x.png', 'b/C.d.HEIC-x.png', '.e-x.png'],
    ]);
  });

  it('that is dropped is read whole, but for what is hidden', async () => {
    const many = Array.from({ length: MOST_PICTURES }, (_, i) => entry(`${i}.png`));
    const root = entry('a', [entry('.git', [entry('1.png')]), entry('.thumb.png'), entry('b', many), entry('c.png')]);
    const [folder] = await Promise.all(dropped([root as unknown as FileSystemEntry], []).folders);
    expect(folder?.pictures.length).toBe(MOST_PICTURES + 1);
  });
});

describe('a camera or a video', () => {
  /** A video element whose plays wait for the test, or for what is loaded next. */
  function standIn() {
    const plays: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
    const video = {
      play: () => new Promise<void>((resolve, reject) => plays.push({ resolve, reject })),
      load: () => plays.at(-1)?.reject(new DOMException('interrupted', 'AbortError')),
      removeAttribute: () => undefined,
    };
    return { plays, footage: new Footage(video as unknown as HTMLVideoElement) };
  }

  it('plays on where one before it was broken off by it', async () => {
    const { plays, footage } = standIn();
    const first = footage.play(new File([], 'a.webm'));
    const second = footage.play(new File([], 'b.webm'));
    await expect(first).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    plays[1]?.resolve();
    await second;
    expect([footage.running, footage.name]).toEqual([true, 'b.webm']);
  });

  it('is let go where the browser gives it when something else is shown', async () => {
    const { footage } = standIn();
    const stop = vi.fn();
    let give: (stream: unknown) => void = () => undefined;
    const getUserMedia = () => new Promise((resolve) => (give = resolve));
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
    const starting = footage.startCamera();
    footage.stop();
    give({ getTracks: () => [{ stop }] });
    await expect(starting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(stop).toHaveBeenCalledOnce();
    expect(footage.running).toBe(false);
  });
});

describe('the service worker', () => {
  const at = (path: string) => new URL(path, 'https://site.test/page/').href;
  /** The worker's listeners, with a network and caches that note what they are asked. */
  async function started(online: boolean) {
    const listeners: Record<string, (event: object) => void> = {};
    const added: Request[] = [];
    const put = new Map<string, Response>();
    const cache = {
      addAll: (requests: Request[]) => Promise.resolve(void added.push(...requests)),
      match: (url: string) => Promise.resolve(url.includes('later') ? put.get(url) : `kept ${url}`),
      put: (url: string, response: Response) => Promise.resolve(void put.set(url, response)),
    };
    vi.stubGlobal('self', { addEventListener: (type: string, on: () => void) => (listeners[type] = on) });
    vi.stubGlobal('location', { href: at('service_worker.js') });
    vi.stubGlobal('caches', { open: () => Promise.resolve(cache) });
    vi.stubGlobal('PAGE_FILES', ['assets/first-1a2b.js', 'gallery/room.jpg']);
    vi.stubGlobal('LATER_FILES', ['assets/later-3c4d.js']);
    vi.stubGlobal('PAGE_VERSION', '1');
    vi.stubGlobal('fetch', ({ url }: Request) =>
      online ? Promise.resolve(`sent ${url}`) : Promise.reject(new Error()),
    );
    vi.resetModules();
    await import(join(import.meta.dirname, '../../../demo/service_worker.ts'));
    const answer = (path: string) => {
      let response: unknown;
      listeners['fetch']?.({ request: new Request(at(path)), respondWith: (of: unknown) => (response = of) });
      return response;
    };
    listeners['install']?.({ waitUntil: () => undefined });
    await Promise.resolve();
    return { added, answer };
  }

  it('keeps what the server has, not what the browser kept of it before', async () => {
    const { added } = await started(true);
    expect(added.map(({ url, cache }) => [url, cache])).toEqual([
      [at(''), 'no-cache'],
      [at('assets/first-1a2b.js'), 'no-cache'],
      [at('gallery/room.jpg'), 'no-cache'],
    ]);
  });

  it.each([
    ['', 'sent'],
    ['gallery/room.jpg', 'sent'],
    ['assets/first-1a2b.js', 'kept'],
  ])('answers for /%s with what is %s, and without a network with what is kept', async (path, way) => {
    expect(await (await started(true)).answer(path)).toBe(`${way} ${at(path)}`);
    expect(await (await started(false)).answer(path)).toBe(`kept ${at(path)}`);
    expect((await started(true)).answer('elsewhere.png')).toBeUndefined();
  });

  it('keeps what few visitors ask for once it was asked for', async () => {
    const { answer } = await started(true);
    const text = async () => ((await answer('assets/later-3c4d.js')) as Response).text();
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('missing', { status: 404 })));
    expect(await text()).toBe('missing');
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('sent')));
    expect(await text()).toBe('sent');
    vi.stubGlobal('fetch', () => Promise.reject(new Error()));
    expect(await text()).toBe('sent');
  });
});
