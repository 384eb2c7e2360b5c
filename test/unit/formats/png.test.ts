import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng, type PngImage } from '../../../src/depth/formats/png.js';

/**
 * Samples of a fixed sequence that takes every byte value, so that each filter case and both bytes of 16 bits matter.
 */
function samples<T extends Uint8Array | Uint16Array>(into: T): T {
  let state = 12345;
  for (let i = 0; i < into.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    into[i] = state >>> 8;
  }
  return into;
}

const SIZES = [
  [1, 1],
  [1, 7],
  [7, 1],
  [13, 5],
  [64, 33],
] as const;
const code = (wanted: string) => expect.objectContaining({ name: 'DepthFileError', code: wanted });

describe('encodePng', () => {
  it.each([1, 3, 4] as const)('gives sharp back every 8-bit sample of %i channels', async (channels) => {
    for (const [width, height] of SIZES) {
      const data = samples(new Uint8Array(width * height * channels));
      const png = await encodePng({ width, height, channels, data });
      const { data: decoded, info } = await sharp(png)
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width, height, channels });
      expect(new Uint8Array(decoded)).toEqual(data);
    }
  });

  it('gives sharp back every 16-bit sample', async () => {
    for (const [width, height] of SIZES) {
      const data = samples(new Uint16Array(width * height));
      const png = await encodePng({ width, height, channels: 1, data });
      expect(await sharp(png).metadata()).toMatchObject({ width, height, depth: 'ushort', space: 'grey16' });
      const decoded = await sharp(png).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
      expect(new Uint16Array(Uint8Array.from(decoded).buffer)).toEqual(data);
    }
  });

  it('writes text that readers find, in Latin-1 and beyond', async () => {
    const text = { Software: 'Depthwise', depthwise: '{"kind":"metric"}', Title: 'Größe 1 m', Comment: '深さ' };
    const png = await encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }, text);
    const { comments } = await sharp(png).metadata();
    expect(Object.fromEntries((comments ?? []).map((comment) => [comment.keyword, comment.text]))).toMatchObject({
      Software: text.Software,
      depthwise: text.depthwise,
      Comment: text.Comment,
    });
    expect(Buffer.from(png).toString('latin1')).toContain(`tEXtTitle\0${text.Title}`);
  });

  it('gives every chunk its right checksum', async () => {
    const png = await encodePng(
      { width: 3, height: 2, channels: 1, data: samples(new Uint8Array(6)) },
      { Software: 'Depthwise' },
    );
    const view = new DataView(png.buffer);
    const types = [];
    for (let at = 8; at < png.length;) {
      const length = view.getUint32(at);
      const body = png.subarray(at + 4, at + 8 + length);
      types.push(Buffer.from(body.subarray(0, 4)).toString());
      expect(view.getUint32(at + 8 + length)).toBe(crc32(body));
      at += 12 + length;
    }
    expect(types).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
  });

  it('refuses samples that do not fill the picture, and depths it cannot hold', async () => {
    const bad = (image: PngImage) => expect(encodePng(image)).rejects;
    await bad({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) }).toEqual(code('PNG_SIZE'));
    await bad({ width: 0, height: 2, channels: 1, data: new Uint8Array(0) }).toEqual(code('PNG_SIZE'));
    await bad({ width: 1.5, height: 2, channels: 1, data: new Uint8Array(3) }).toEqual(code('PNG_SIZE'));
    await bad({ width: 1, height: 1, channels: 3, data: new Uint16Array(3) }).toEqual(code('PNG_DEPTH'));
  });

  it('refuses keywords and text the format does not allow', async () => {
    const image: PngImage = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
    for (const keyword of ['', ' lead', 'trail ', 'x'.repeat(80), 'ключ']) {
      await expect(encodePng(image, { [keyword]: 'text' }), keyword).rejects.toEqual(code('PNG_TEXT'));
    }
    await expect(encodePng(image, { Comment: 'a\0b' })).rejects.toEqual(code('PNG_TEXT'));
  });
});
