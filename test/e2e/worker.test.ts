import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type * as Library from '../../src/index.js';
import type * as InWorker from '../../src/worker/index.js';
import { NANO, openWorkerPage, type WorkerPage } from './worker_page.js';

const SIZES = { inputSize: 64, size: 'network' } as const;

let opened: WorkerPage;
let page: Page;

beforeAll(async () => {
  opened = await openWorkerPage('worker');
  ({ page } = opened);
});
afterAll(() => opened?.close());

describe('depthwise/worker, as it is published', () => {
  it('gives the maps of a model in the page, from every picture, without a long task there', async () => {
    const found = await page.evaluate(
      async (nano, sizes) => {
        const canvas = new OffscreenCanvas(48, 32);
        canvas.getContext('2d')!.drawImage(window.photo, 0, 0, 48, 32);
        const pixels = canvas.getContext('2d')!.getImageData(0, 0, 48, 32);
        const pictures = {
          image: window.photo,
          canvas,
          pixels,
          bytes: { data: new Uint8Array([...pixels.data, 7]).subarray(0, -1), width: 48, height: 32 },
          bitmap: await createImageBitmap(canvas),
          frame: new VideoFrame(canvas, { timestamp: 0 }),
          blob: await canvas.convertToBlob(),
          url: './photo.jpg',
        };
        const progress: number[] = [];
        const tasks: number[] = [];
        const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((of) => of.duration)));
        observer.observe({ entryTypes: ['longtask'] });
        window.there = await window.inWorker.loadDepthModel('nano', {
          weights: nano,
          onProgress: ({ loaded }) => progress.push(loaded),
        });
        await (await window.there.estimate(window.photo, sizes)).read();
        observer.disconnect();
        window.here = await window.library.loadDepthModel('nano', { weights: nano });
        const farthest: Record<string, number> = {};
        for (const [name, picture] of Object.entries(pictures)) {
          const maps = [
            await window.here.estimate(picture, sizes),
            await window.there.estimate(picture, sizes),
          ] as const;
          const [expected, values] = await Promise.all([maps[0].read(), maps[1].read()]);
          const apart = Array.from(expected, (value, i) => Math.abs(value - values[i]!));
          farthest[name] = apart.reduce((most, one) => Math.max(most, one));
          for (const map of maps) map.dispose();
        }
        const open = pictures.frame.format !== null;
        const same = JSON.stringify(window.there.info) === JSON.stringify(window.here.info);
        return { farthest, progress, tasks, open, same };
      },
      NANO,
      SIZES,
    );
    expect(Object.keys(found.farthest)).toHaveLength(8);
    for (const [name, far] of Object.entries(found.farthest)) expect(far, name).toBe(0);
    expect(found.progress.length).toBeGreaterThan(0);
    expect(found.open, 'the frame of the caller is still open').toBe(true);
    expect(found.same, 'info').toBe(true);
    console.log(`long tasks of the page: ${found.tasks.map((ms) => ms.toFixed(0)).join(', ') || 'none'}`);
    expect(found.tasks).toEqual([]);
  });

  it('draws, reads and writes what a map in the page does', async () => {
    const [there, here] = await page.evaluate(async (sizes) => {
      // Of the browser, which TypeScript does not know yet.
      const { Float16Array } = globalThis as unknown as {
        Float16Array: new (of: ArrayBuffer | Float32Array) => number[];
      };
      const roundedRight = async (depth: Pick<Library.DepthMap, 'read' | 'readHalf'>) => {
        const expected = new Float16Array(await depth.read());
        return new Float16Array((await depth.readHalf()).buffer).every((value, i) => value === expected[i]);
      };
      const results = [];
      for (const model of [window.there, window.here]) {
        const depth = await model.estimate(window.photo, sizes);
        const canvas = document.createElement('canvas');
        await depth.draw(canvas, { colormap: 'turbo' });
        const tensor = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i % 97) / 97);
        results.push({
          drawn: canvas.toDataURL(),
          range: await depth.range(),
          angle: await depth.fieldOfView(),
          colors: [...(await depth.colors({ invert: true }))].slice(0, 4000),
          file: [...new Uint8Array(await (await depth.toBlob('png16')).arrayBuffer())],
          semantics: depth.semantics(2, 1),
          kind: [depth.kind, depth.nearer, depth.unit, depth.model, depth.confidence, depth.sky],
          half: (await depth.readHalf()).length,
          rounded: await roundedRight(depth),
          again: (await depth.read()) === (await depth.read()),
          plan: await model.plan({ width: 640, height: 480 }),
          memory: await model.memory(),
          run: [...(await model.run(tensor, [1, 3, 32, 32]))],
        });
        depth.dispose();
      }
      return results;
    }, SIZES);
    expect(there!.run).toHaveLength(32 * 32);
    expect(there!.rounded).toBe(true);
    expect(there!.again).toBe(true);
    expect(there).toEqual(here);
  });

  it('rejects with the errors of the library, and with an AbortError', async () => {
    const codes = await page.evaluate(
      async (nano, sizes) => {
        const { loadDepthModel } = window.inWorker;
        const said = async (work: Promise<unknown>) => {
          try {
            return `${typeof (await work)}`;
          } catch (error) {
            const { code, name, hint } = error as Library.DepthwiseError;
            return error instanceof window.library.DepthwiseError ? `${name} ${code} ${hint !== undefined}` : name;
          }
        };
        const load = (source: string, options = {}) => said(loadDepthModel(source, options));
        const stop = new AbortController();
        const stopped = load('nano', { weights: nano, signal: stop.signal });
        stop.abort();
        const model = window.there;
        const aborted = said(model.estimate(window.photo, { ...sizes, signal: AbortSignal.timeout(0) }));
        const found = {
          name: await load('midas'),
          licence: await load('depth-anything-v2-large'),
          file: await load('nano', { weights: './page.html' }),
          device: await load('nano', { device: {} }),
          cache: await load('nano', { cache: {} }),
          source: await load({ open: () => undefined } as unknown as string),
          stopped: await stopped,
          aborted: await aborted,
          picture: await said(model.estimate(document.createElement('video'))),
          option: await said(model.estimate(window.photo, { size: 'huge' } as object)),
          colours: await said(
            (await model.estimate(window.photo, sizes)).draw(document.createElement('canvas'), {
              colormap: 'x',
            } as object),
          ),
          late: '',
          disposed: '',
        };
        const depth = await model.estimate(window.photo, sizes);
        depth.dispose();
        found.late = await said(depth.read());
        const underWay = said(model.estimate(window.photo, sizes));
        model.dispose();
        found.disposed = `${await underWay}, ${await said(model.estimate(window.photo))}`;
        return found;
      },
      NANO,
      SIZES,
    );
    expect(codes).toEqual({
      name: 'UsageError MODEL_NAME true',
      licence: 'LicenseError LICENSE_NOT_ACCEPTED true',
      file: 'NetworkError NET_NOT_WEIGHTS false',
      device: 'UsageError OPTION_UNKNOWN true',
      cache: 'UsageError OPTION_CACHE false',
      source: 'UsageError OPTION_SOURCE false',
      stopped: 'AbortError',
      aborted: 'AbortError',
      picture: 'ImageError IMAGE_NOT_READY true',
      option: 'UsageError OPTION_SIZE false',
      colours: 'UsageError OPTION_COLORMAP false',
      late: 'DisposedError DISPOSED false',
      disposed: 'DisposedError DISPOSED false, DisposedError DISPOSED false',
    });
  });

  it('tells where its script does not load, and takes a worker of the caller', async () => {
    const found = await page.evaluate(
      async (nano, sizes) => {
        const { loadDepthModel } = window.inWorker;
        const Real = Worker;
        window.Worker = class extends Real {
          constructor(_script: string | URL, options?: WorkerOptions) {
            super('./none.js', options);
          }
        };
        const code = await loadDepthModel('nano', { weights: nano }).catch(({ code }: Library.DepthwiseError) => code);
        window.Worker = Real;
        const worker = new Worker('./worker_host.js', { type: 'module' });
        const load = () => loadDepthModel('nano', { weights: nano, worker });
        const [first, second] = await Promise.all([load(), load()]);
        const list = [window.photo, window.photo];
        const maps = await Promise.all([first.estimate(list, sizes), second.estimate(list, sizes)]);
        const [one, ...others] = await Promise.all(maps.flat().map((depth) => depth.read()));
        first.dispose();
        (await second.estimate(window.photo, sizes)).dispose();
        second.dispose();
        worker.terminate();
        return { code, count: one!.length, same: one!.every((value, i) => others.every((of) => of[i] === value)) };
      },
      NANO,
      SIZES,
    );
    expect(found).toEqual({ code: 'NET_PART', count: expect.any(Number), same: true });
  });

  it('has the types of the library, as far as it has its calls', () => {
    type Kept<T> = Omit<T, 'buffer' | 'texture' | 'gpu' | 'confidence' | 'sky' | 'timestamp' | 'drawnRange'>;
    expectTypeOf<InWorker.WorkerMap>().toExtend<Kept<Library.DepthMapOnGpu>>();
    expectTypeOf<InWorker.WorkerDepthModel>().toExtend<
      Pick<Library.DepthModel, 'info' | 'run' | 'profile' | 'memory'>
    >();
  });

  it('leaves other origins alone', () => {
    expect([...opened.watch.origins]).toEqual([new URL(opened.served.url).origin]);
  });
});
