import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { ServedFiles } from '../e2e/servers.js';
import { streamCases } from '../e2e/stream_cases.js';
import { NANO, openWorkerPage, type WorkerPage } from '../e2e/worker_page.js';
import { checkpointTensors } from '../models/fixtures.js';

const LARGER = '/depth-anything-small.safetensors';
/** Longest task of a page that nobody notices, in milliseconds: what browsers tell of as long. */
const LONG_TASK = 50;
const TIMEOUT = 300_000;

let opened: WorkerPage;
let page: Page;

beforeAll(async () => {
  const files = new ServedFiles().add(LARGER, seededCheckpoint(checkpointTensors('depth-anything-small')));
  opened = await openWorkerPage('worker_long', files);
  ({ page } = opened);
});
afterAll(() => opened?.close());

describe('depthwise/worker, as it is published', () => {
  it(
    'loads Depth Anything small without a long task of the page',
    async () => {
      const { tasks, kept, bytes } = await page.evaluate(async (weights) => {
        const tasks: number[] = [];
        const note = (list: PerformanceObserverEntryList) => tasks.push(...list.getEntries().map((of) => of.duration));
        const observer = new PerformanceObserver(note);
        observer.observe({ entryTypes: ['longtask'] });
        const load = () => window.inWorker.loadDepthModel(weights, { model: 'depth-anything-v2-small' });
        const model = await load();
        const { weights: bytes } = await model.memory();
        model.dispose();
        // What is kept is hashed as it is read.
        (await load()).dispose();
        const kept = (await caches.keys()).length;
        note({ getEntries: () => observer.takeRecords() } as PerformanceObserverEntryList);
        observer.disconnect();
        return { tasks, kept, bytes };
      }, `.${LARGER}`);
      console.log(`long tasks of the page: ${tasks.map((ms) => ms.toFixed(0)).join(', ') || 'none'}`);
      expect(bytes).toBeGreaterThan(90e6);
      expect(kept).toBe(1);
      expect(tasks.filter((ms) => ms > LONG_TASK)).toEqual([]);
    },
    TIMEOUT,
  );
});

describe('stream of depthwise/worker', () => {
  beforeAll(
    () =>
      page.evaluate(async (nano) => {
        window.there = await window.inWorker.loadDepthModel('nano', { weights: nano });
      }, NANO),
    TIMEOUT,
  );
  streamCases(
    {
      file: () => page.evaluate(() => window.streams.streamFile(window.there)),
      track: (plain) => page.evaluate((of) => window.streams.streamTrack(window.there, of), plain),
      canvas: () => page.evaluate(() => window.streams.streamCanvas(window.there)),
      frames: () => page.evaluate(() => window.streams.streamFrames(window.there)),
    },
    64,
  );
});
