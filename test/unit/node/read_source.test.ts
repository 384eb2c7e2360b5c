import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthMap, DepthModel, PictureSource, Warning } from '../../../src/index.js';
import { readDepthFile } from '../../../src/node/depth_file.js';
import { readPicture } from '../../../src/node/image_file.js';
import { loadDepthModel } from '../../../src/node/load.js';
import { testGpu } from '../../gpu.js';
import { bits, picture, rejection, SMALL } from '../model/pictures.js';
import { tinyMidas } from '../model/tiny_midas.js';

const warnings: Warning[] = [];
let folder: string;
let photo: string;
let other: string;
let model: DepthModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  [photo, other] = await Promise.all([pngOf('a'), pngOf('b')]);
  const { device } = await testGpu();
  const onWarning = (warning: Warning) => void warnings.push(warning);
  model = await loadDepthModel(tinyMidas(), { device, precision: 'f32', tuning: 'off', onWarning });
});
afterAll(async () => {
  model?.dispose();
  await rm(folder, { recursive: true });
});

/** The path of a picture of seeded noise, which no URL has as it is. */
async function pngOf(name: string): Promise<string> {
  const { data, width, height } = picture(name);
  const path = join(folder, `${name} %41.png`);
  await writeFile(
    path,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  return path;
}

async function bitsOfMap(map: DepthMap): Promise<string> {
  using depth = map;
  return bits(await depth.read());
}

const bitsOf = async (source: PictureSource) => bitsOfMap(await model.estimate(source, SMALL));

describe('a picture in Node', () => {
  it('is read from a path, an address, and the bytes of a file, as readPicture reads it', async () => {
    const expected = await bitsOf(await readPicture(photo));
    const data = `data:image/png;base64,${Buffer.from(await (await openAsBlob(photo)).bytes()).toString('base64')}`;
    for (const source of [photo, pathToFileURL(photo), pathToFileURL(photo).href, await openAsBlob(photo), data])
      expect(await bitsOf(source)).toBe(expected);
  });

  it('that a list has gives its map, in order; a stream of them too', async () => {
    const expected = [await bitsOf(photo), await bitsOf(other), await bitsOf(picture('c'))];
    const sources = [photo, other, picture('c')];
    const maps = await model.estimate(sources, SMALL);
    expect(await Promise.all(maps.map(bitsOfMap))).toEqual(expected);
    const streamed: string[] = [];
    for await (const depth of model.stream(sources, SMALL)) streamed.push(await bitsOfMap(depth));
    expect(streamed).toEqual(expected);
    expect(await model.estimate([])).toEqual([]);
  });

  it('that cannot be read is an error of its own, and of a list disposes of the others', async () => {
    const none = join(folder, 'none.png');
    const text = join(folder, 'text.png');
    await writeFile(text, 'no picture');
    const codes: Record<string, string> = {
      [none]: 'IMAGE_READ',
      [text]: 'IMAGE_DECODE',
      'file://host/%zz': 'IMAGE_READ',
    };
    for (const [source, code] of Object.entries(codes))
      expect(await rejection(model.estimate(source, SMALL))).toMatchObject({ name: 'ImageError', code });
    expect(await rejection(model.estimate('http://127.0.0.1:1/a.png'))).toMatchObject({ name: 'NetworkError' });
    expect(await rejection(model.estimate([photo, other, none, photo], SMALL))).toMatchObject({ code: 'IMAGE_READ' });
    const signal = AbortSignal.abort();
    for (const source of [photo, [photo, other]])
      expect((await rejection(model.estimate(source as string, { ...SMALL, signal }))).name).toBe('AbortError');
  });

  it('that is none is refused by its first bytes, however long it is', async () => {
    const long = join(folder, 'long.jpg');
    await writeFile(long, 'no picture');
    await truncate(long, 2 ** 31 - 1);
    const { rss } = process.memoryUsage();
    for (const source of [long, await openAsBlob(long)])
      expect(await rejection(model.estimate(source))).toMatchObject({ code: 'IMAGE_DECODE' });
    expect(await rejection(readPicture(long))).toMatchObject({ code: 'IMAGE_DECODE' });
    expect(await rejection(readDepthFile(long))).toMatchObject({ code: 'DEPTH_FORMAT' });
    await truncate(long, 3 * 2 ** 30);
    expect(await rejection(model.estimate(await openAsBlob(long)))).toMatchObject({ code: 'IMAGE_READ' });
    expect((process.resourceUsage().maxRSS * 1024 - rss) / 2 ** 30).toBeLessThan(1);
  });

  it('whose file changed under its Blob is an error of its own', async () => {
    const path = join(folder, 'changed.png');
    await writeFile(path, 'one');
    const blob = await openAsBlob(path);
    await writeFile(path, 'another');
    expect(await rejection(model.estimate(blob))).toMatchObject({ name: 'ImageError', code: 'IMAGE_READ' });
  });

  it.skipIf(process.platform === 'win32')('that is given up is read no further', async () => {
    const path = join(folder, 'endless');
    execFileSync('mkfifo', [path]);
    const writer = spawn('sh', ['-c', 'exec cat /dev/zero > "$0"', path], { stdio: 'ignore' });
    const ended = once(writer, 'exit');
    const signal = AbortSignal.timeout(50);
    expect((await rejection(model.estimate(path, { signal }))).name).toBe('AbortError');
    expect(await ended).toEqual([null, 'SIGPIPE']);
  });

  it('that lacks its end marker is told of', async () => {
    const { data, width, height } = picture('a');
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    const path = join(folder, 'cut.jpg');
    await writeFile(path, jpeg.subarray(0, -2));
    await bitsOf(path);
    expect(warnings).toMatchObject([{ code: 'IMAGE_DECODE', message: expect.stringContaining('end marker') }]);
  });
});
