import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finiteRange, quantize16, type DepthSemantics } from '../../../src/depth/formats/depth_semantics.js';
import { encodeNpy } from '../../../src/depth/formats/npy.js';
import { encodePfm } from '../../../src/depth/formats/pfm.js';
import { encodePng } from '../../../src/depth/formats/png.js';
import { readDepthFile } from '../../../src/node/depth_file.js';
import { readPicture } from '../../../src/node/image_file.js';

const VALUES = Float32Array.of(-1, 0.5, 2, 3, 40, 5.25);
let folder: string;
let count = 0;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

async function file(content: Uint8Array | string): Promise<string> {
  const path = join(folder, `${count++}.dat`);
  await writeFile(path, content);
  return path;
}

const fails = (path: string, code: string) =>
  expect(readDepthFile(path)).rejects.toEqual(expect.objectContaining({ name: 'DepthFileError', code, source: path }));

describe('readDepthFile', () => {
  it('reads PFM and NPY as they were written', async () => {
    const expected = { width: 3, height: 2, data: VALUES };
    expect(await readDepthFile(await file(encodePfm(VALUES, 3, 2)))).toEqual(expected);
    expect(await readDepthFile(await file(encodeNpy(VALUES, [2, 3])))).toEqual(expected);
    expect(await readDepthFile(await file(encodeNpy(VALUES, [1, 2, 3])))).toEqual(expected);
  });

  it('turns the codes of a 16-bit PNG back into values by the text beside them', async () => {
    const { codes, scale, offset } = quantize16(VALUES, finiteRange(VALUES));
    const semantics: DepthSemantics = {
      kind: 'metric',
      nearer: 'smaller',
      unit: 'metre',
      scale,
      offset,
      model: 'depth-anything-v2-small',
      width: 3,
      height: 2,
    };
    const png = await encodePng(
      { width: 3, height: 2, channels: 1, data: codes },
      { depthwise: JSON.stringify(semantics) },
    );
    const depth = await readDepthFile(await file(png));
    expect(depth.semantics).toEqual(semantics);
    depth.data.forEach((value, i) => expect(Math.abs(value - VALUES[i]!)).toBeLessThanOrEqual(scale * 0.51));
  });

  it('gives the codes of a PNG without that text', async () => {
    const codes = Uint16Array.of(0, 1, 255, 256, 65534, 65535);
    const depth = await readDepthFile(await file(await encodePng({ width: 3, height: 2, channels: 1, data: codes })));
    expect(depth).toEqual({ width: 3, height: 2, data: Float32Array.from(codes) });
    const bytes = Uint8Array.of(0, 1, 2, 127, 254, 255);
    const eight = await readDepthFile(await file(await encodePng({ width: 3, height: 2, channels: 1, data: bytes })));
    expect(eight.data).toEqual(Float32Array.from(bytes));
  });

  it('refuses a PNG of more pixels than a picture may have, before any are made', async () => {
    const png = Buffer.from(await encodePng({ width: 1, height: 1, channels: 1, data: new Uint16Array(1) }));
    png.writeUInt32BE(32768, 16);
    png.writeUInt32BE(32769, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    const before = process.memoryUsage().rss;
    await expect(readDepthFile(await file(png))).rejects.toMatchObject({
      name: 'ImageError',
      code: 'IMAGE_SIZE',
      expected: 2 ** 28,
      actual: 32768 * 32769,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 27);
  });

  it('allocates nothing for a size that the file does not hold', async () => {
    const before = process.memoryUsage().arrayBuffers;
    await fails(await file('Pf\n30000 30000\n-1\n'), 'PFM_LENGTH');
    const npy = Buffer.from(encodeNpy(VALUES, [2, 3]))
      .toString('latin1')
      .replace('(2, 3)', '(9999, 9999)');
    await fails(await file(Buffer.from(npy, 'latin1')), 'NPY_LENGTH');
    await expect(readPicture(await file('P6 16384 16384 255\n'))).rejects.toMatchObject({ code: 'IMAGE_DECODE' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  it('refuses what holds no depth', async () => {
    await fails(join(folder, 'missing'), 'DEPTH_READ');
    await fails(await file('text'), 'DEPTH_FORMAT');
    await fails(await file(''), 'DEPTH_FORMAT');
    await fails(await file(encodeNpy(VALUES, [6])), 'NPY_SHAPE');
    await fails(await file(encodeNpy(VALUES, [2, 1, 3])), 'NPY_SHAPE');
    await fails(
      await file(await encodePng({ width: 1, height: 1, channels: 3, data: new Uint8Array(3) })),
      'PNG_COLOR',
    );
    const png = await encodePng({ width: 3, height: 2, channels: 1, data: new Uint16Array(6) });
    await fails(await file(png.subarray(0, -30)), 'PNG_DECODE');
    for (const depthwise of ['{"scale":null}', 'null', '{"scale', '']) {
      const scaleless = { width: 1, height: 1, channels: 1, data: new Uint16Array(1) } as const;
      await fails(await file(await encodePng(scaleless, { depthwise })), 'PNG_TEXT');
    }
  });
});
