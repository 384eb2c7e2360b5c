import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.js';
import { ServedFiles } from './servers.js';
import { NANO, openWorkerPage, type WorkerPage } from './worker_page.js';

/** The worker's script, which tells how many GPU objects were made when it is asked. */
const COUNTING_HOST = `
import './worker_host.js';
let made = 0;
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(GPUDevice.prototype)))
  if (name.startsWith('create') && name !== 'createCommandEncoder')
    GPUDevice.prototype[name] = function (...of) { made++; return value.apply(this, of); };
addEventListener('message', ({ data, ports: [port] }) => data === 'made' && port.postMessage(made));`;
/** Width of what the page streams. */
const WIDTH = 64;

let opened: WorkerPage;
let page: Page;

beforeAll(async () => {
  const files = new ServedFiles().answer('/counting_host.js', (response) =>
    response.setHeader('content-type', 'text/javascript').end(COUNTING_HOST),
  );
  opened = await openWorkerPage('worker_stream', files);
  ({ page } = opened);
  await page.evaluate(async (nano) => {
    const worker = new Worker('./counting_host.js', { type: 'module' });
    window.made = async () => {
      const { port1, port2 } = new MessageChannel();
      const told = new Promise<number>((resolve) => (port1.onmessage = ({ data }) => resolve(data as number)));
      worker.postMessage('made', [port2]);
      return told;
    };
    window.there = await window.inWorker.loadDepthModel('nano', { weights: nano, worker });
  }, NANO);
});
afterAll(() => opened?.close());

declare global {
  interface Window {
    /** How many GPU objects the worker has made. */
    made: () => Promise<number>;
  }
}

describe('stream of depthwise/worker, as it is published', () => {
  it('gives the maps and colours of a steady stream in the page, and makes no GPU object for a frame', async () => {
    const found = await page.evaluate(async (nano) => {
      window.here = await window.library.loadDepthModel('nano', { weights: nano });
      const run = async (name: 'here' | 'there', steady: boolean) => {
        const values: number[] = [];
        const made: number[] = [];
        for await (const depth of window[name].stream(window.streams.movingFrames(6), { inputSize: 32, steady })) {
          values.push(...(await depth.colors()));
          // Values are read through a buffer of each map.
          if (made.length < 3) values.push(...(await depth.read()));
          depth.dispose();
          made.push(await window.made());
        }
        return { values, made: made[5]! - made[2]! };
      };
      const [here, there, plain] = [await run('here', true), await run('there', true), await run('there', false)];
      window.here.dispose();
      const apart = here.values.reduce((most, value, i) => Math.max(most, Math.abs(value - there.values[i]!)), 0);
      return { apart, counts: [here, there].map(({ values }) => values.length), made: [there.made, plain.made] };
    }, NANO);
    const values = (6 * 4 + 3) * WIDTH * 48;
    expect(found).toEqual({ apart: 0, counts: [values, values], made: [0, 0] });
  });

  it("says that a worker of the caller's has no script, or a wrong one", async () => {
    const codes = await page.evaluate(async () => {
      const wrong = URL.createObjectURL(new Blob(['this is no script'], { type: 'text/javascript' }));
      const load = (script: string) =>
        window.inWorker.loadDepthModel('nano', { worker: new Worker(script, { type: 'module' }) }).then(
          () => 'loaded',
          (error: Library.DepthwiseError) => error.code,
        );
      return Promise.all([load('./none.js'), load(wrong)]);
    });
    expect(codes).toEqual(['NET_PART', 'NET_PART']);
  });

  it('refuses windows of frames, as each picture that is sent has its map', async () => {
    const code = await page.evaluate(async () => {
      const maps = window.there.stream(window.streams.movingFrames(2), { windows: true });
      return maps.next().then(String, (error: Library.DepthwiseError) => error.code);
    });
    expect(code).toBe('OPTION_WINDOWS');
  });

  it('reads a frame when the map of the last was taken, and closes those that fail, or come too late', async () => {
    const found = await page.evaluate(async () => {
      const SIZE = { inputSize: 32 };
      const frames = window.streams.movingFrames;
      const said = async (work: Promise<unknown>) => {
        try {
          await work;
          return 'nothing';
        } catch (error) {
          const { code, name, message } = error as Library.DepthwiseError;
          if (error instanceof window.library.DepthwiseError) return `${name} ${code}`;
          return name === 'AbortError' ? name : `${name} ${message}`;
        }
      };
      const all = async (source: unknown, options: object = {}) => {
        for await (const depth of window.there.stream(source as Library.StreamSource, { ...SIZE, ...options }))
          depth.dispose();
      };
      const asked: number[] = [];
      let taken = 0;
      async function* counted() {
        for await (const frame of frames(3)) {
          asked.push(taken);
          yield frame;
        }
      }
      async function* broken() {
        yield* frames(1);
        throw new RangeError('of the sequence');
      }
      async function* one(picture: Library.PictureSource) {
        yield picture;
      }
      for await (const depth of window.there.stream(counted(), SIZE)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        taken++;
        depth.dispose();
      }
      const closed = new VideoFrame(document.createElement('canvas'), { timestamp: 0 });
      closed.close();
      const bitmap = await createImageBitmap(window.photo);
      const stop = new AbortController();
      const late = new VideoFrame(window.photo, { timestamp: 0 });
      const stalls = async function* () {
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield late;
      };
      const aborted = said(all(stalls(), { signal: stop.signal }));
      setTimeout(() => stop.abort(), 10);
      const running = new AbortController();
      const inFlight = said(all(frames(9), { signal: running.signal }));
      setTimeout(() => running.abort(), 15);
      const found = {
        asked,
        fault: await said(all(broken())),
        nothing: await said(all({})),
        option: await said(all(frames(1), { steady: 1 })),
        unknown: await said(all(frames(1), { stedy: true })),
        confidence: await said(all(frames(1), { steady: true, confidence: true })),
        closed: await said(all(one(closed))),
        size: await said(all(one(bitmap), { inputSize: 1e9 })),
        aborted: await aborted,
        inFlight: await inFlight,
        open: 0,
      };
      await new Promise((resolve) => setTimeout(resolve, 100));
      found.open = [late.format !== null, bitmap.width > 0].filter(Boolean).length;
      return found;
    });
    expect(found).toEqual({
      asked: [0, 1, 2],
      fault: 'RangeError of the sequence',
      nothing: 'ImageError IMAGE_SOURCE',
      option: 'UsageError OPTION_STEADY',
      unknown: 'UsageError OPTION_UNKNOWN',
      confidence: 'UsageError OPTION_STEADY',
      closed: 'ImageError IMAGE_NOT_READY',
      size: 'LimitError LIMIT_INPUT',
      aborted: 'AbortError',
      inFlight: 'AbortError',
      open: 0,
    });
  });

  it('ends with its model, whatever it waits for', async () => {
    const said = await page.evaluate(async () => {
      const stalls = new ReadableStream<VideoFrame>();
      const next = window.there.stream(stalls).next();
      setTimeout(() => window.there.dispose(), 20);
      return next.then(String, ({ code }: Library.DepthwiseError) => code);
    });
    expect(said).toBe('DISPOSED');
  });
});
