import { describe, expect, it } from 'vitest';
import { decodePfm, encodePfm } from '../../../src/depth/formats/pfm.js';

/** [[1, 2, 3], [4, 5.5, -6]] as MiDaS `write_pfm` and as OpenCV 5.0 `imwrite` wrote it. */
const MIDAS = 'UGYKMyAyCi0xLjAwMDAwMAoAAIBAAACwQAAAwMAAAIA/AAAAQAAAQEA=';
const OPENCV = 'UGYKMyAyCi0xCgAAgEAAALBAAADAwAAAgD8AAABAAABAQA==';
const VALUES = Float32Array.of(1, 2, 3, 4, 5.5, -6);

const file = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));
const text = (header: string, dataBytes: number) =>
  Uint8Array.from([...Buffer.from(header), ...new Uint8Array(dataBytes)]);
const code = (wanted: string) => expect.objectContaining({ name: 'DepthFileError', code: wanted });

describe('encodePfm', () => {
  it('writes the bytes MiDaS writes', () => {
    expect(encodePfm(VALUES, 3, 2)).toEqual(file(MIDAS));
  });

  it('refuses a size that the values do not fill', () => {
    expect(() => encodePfm(VALUES, 3, 3)).toThrow(code('PFM_SIZE'));
  });
});

describe('decodePfm', () => {
  it('reads what MiDaS and OpenCV write, top row first', () => {
    const expected = { width: 3, height: 2, data: VALUES };
    expect(decodePfm(file(MIDAS))).toEqual(expected);
    expect(decodePfm(file(OPENCV))).toEqual(expected);
  });

  it('reads big-endian values', () => {
    const bytes = text('Pf 1 1 1.0\n', 4);
    new DataView(bytes.buffer).setFloat32(11, -2.5, false);
    expect(decodePfm(bytes).data).toEqual(Float32Array.of(-2.5));
  });

  it('keeps NaN and infinities', () => {
    const odd = Float32Array.of(NaN, -Infinity, Infinity, -0);
    expect(decodePfm(encodePfm(odd, 2, 2)).data).toEqual(odd);
  });

  it('refuses what is not a grey PFM of the stated size', () => {
    expect(() => decodePfm(text('PF\n1 1\n-1.0\n', 12))).toThrow(code('PFM_COLOR'));
    expect(() => decodePfm(text('P5\n1 1\n255\n', 1))).toThrow(code('PFM_HEADER'));
    expect(() => decodePfm(text('Pf\n1 1\n0.0\n', 4))).toThrow(code('PFM_SIZE'));
    expect(() => decodePfm(text('Pf\n0 1\n-1.0\n', 0))).toThrow(code('PFM_SIZE'));
    expect(() => decodePfm(text('Pf\n9007199254740993 9\n-1.0\n', 0))).toThrow(code('PFM_SIZE'));
    expect(() => decodePfm(text('Pf\n2 2\n-1.0\n', 17), 'a.pfm')).toThrow(
      expect.objectContaining({ code: 'PFM_LENGTH', source: 'a.pfm', expected: 16, actual: 17 }),
    );
  });

  it('refuses every truncation', () => {
    const whole = file(MIDAS);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodePfm(whole.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ name: 'DepthFileError' }),
      );
    }
  });
});
