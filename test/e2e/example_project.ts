import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { build, preview } from 'vite';
import { expect } from 'vitest';
import { runProgram } from '../docs/run_program.js';
import { openPage, PRESENTING, ROOT, startChromium, type Chromium } from './chromium.js';
import { buildPackage, installPackages, installTarball, packTarball } from './package.js';
import { ALIKE, fromKept } from './kept_picture.js';
import type { Served } from './servers.js';

/** A newcomer's project with the package installed; below the repository, whose other packages it sees. */
export const PROJECT = join(ROOT, '.cache/examples');
/** The picture that every example shows. */
const SAMPLE = join(ROOT, 'demo/public/sample.jpg');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
/** Where pages of examples other than the newcomer's are. */
const BUILT = 'examples';

/** Installs the package as npm has it, with the examples beside it. */
async function makeProject(): Promise<void> {
  await rm(PROJECT, { recursive: true, force: true });
  const folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  try {
    await buildPackage(join(folder, 'package'));
    await installTarball(packTarball(join(folder, 'package'), folder).path, PROJECT);
  } finally {
    await rm(folder, { recursive: true });
  }
  await cp(join(ROOT, 'examples'), join(PROJECT, 'examples'), { recursive: true });
  for (const place of ['public', 'dist', 'photos/more']) await mkdir(join(PROJECT, place), { recursive: true });
  for (const place of ['sample.jpg', 'public/sample.jpg', 'dist/sample.jpg', 'photos/more/street.jpg'])
    await cp(SAMPLE, join(PROJECT, place));
  await writeFile(join(PROJECT, 'photos/notes.txt'), 'no picture');
  await writeFile(
    join(PROJECT, 'photos/broken.jpg'),
    await sharp(SAMPLE)
      .jpeg()
      .toBuffer()
      .then((all) => all.subarray(0, 400)),
  );
}

/** What a newcomer does: the files of an example in a folder of its own, and `vite build` without any configuration. */
async function buildAsNewcomer(example: string): Promise<void> {
  await cp(join(PROJECT, 'examples', example), PROJECT, { recursive: true });
  const { code, output } = await runProgram(process.execPath, [VITE, 'build'], PROJECT);
  if (code !== 0) throw new Error(`vite build: ${output}`);
}

/** Builds pages of examples beside the newcomer's. */
async function buildPages(examples: readonly string[]): Promise<void> {
  const root = join(PROJECT, 'examples');
  await build({
    configFile: false,
    root,
    base: `/${BUILT}/`,
    logLevel: 'error',
    build: {
      outDir: join(PROJECT, 'dist', BUILT),
      // Hosts of graphics are large.
      chunkSizeWarningLimit: 10_000,
      minify: false,
      rollupOptions: { input: examples.map((name) => join(root, name, 'index.html')) },
    },
  });
}

/** Serves a folder of a project as it is. */
export async function serveFolder(project: string, folder: string): Promise<Served> {
  const server = await preview({
    configFile: false,
    root: project,
    logLevel: 'error',
    build: { outDir: folder },
    preview: { host: 'localhost', port: 0 },
  });
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

/** Examples in a browser. */
export interface Examples {
  /** Where the newcomer's page is, with pages of other examples below. */
  readonly built: string;
  /** Where the project is served as it is. */
  readonly plain: string;
  /** Opens a page, and waits until its canvas shows a kept picture. */
  show(picture: string, address: string): Promise<Page>;
  close(): Promise<void>;
}

/** What of the examples is wanted. */
export interface Wanted {
  /** The example whose files are the newcomer's own project. */
  readonly newcomer?: string;
  readonly pages: readonly string[];
  /** What pages need besides what the repository has, as npm takes it: `name@version`. */
  readonly packages?: readonly string[];
}

/** Makes the project, builds pages of examples there, and starts a Chromium whose camera shows the sample. */
export async function openExamples({ newcomer, pages, packages = [] }: Wanted): Promise<Examples> {
  await makeProject();
  if (packages.length > 0) installPackages(packages, PROJECT);
  if (newcomer) await buildAsNewcomer(newcomer);
  await buildPages(pages);
  // A film of one frame.
  const film = join(PROJECT, 'camera.mjpeg');
  await writeFile(film, await sharp(SAMPLE).resize(320, 240).jpeg().toBuffer());
  const chromium = await startChromium([...PRESENTING, `--use-file-for-fake-video-capture=${film}`]);
  const served = [await serveFolder(PROJECT, 'dist'), await serveFolder(PROJECT, '.')] as const;
  return {
    built: served[0].url,
    plain: served[1].url,
    show: (picture, address) => showKept(chromium, picture, address),
    close: async () => {
      await chromium.close();
      for (const each of served) await each.close();
      await rm(PROJECT, { recursive: true, force: true });
    },
  };
}

async function showKept({ browser }: Chromium, picture: string, address: string): Promise<Page> {
  const { page, watch } = await openPage(browser);
  await page.setViewport({ width: 1000, height: 700 });
  await page.goto(address);
  const shown = async () => {
    const canvas = await page.$('canvas');
    return (await canvas?.boundingBox())?.width ? fromKept(picture, await canvas!.screenshot()) : Infinity;
  };
  await expect.poll(shown, { timeout: 90_000, interval: 300 }).toBeLessThan(ALIKE);
  expect(watch.complaints).toEqual([]);
  expect([...watch.origins]).toEqual([new URL(address).origin]);
  return page;
}
