import { describe, expect, it } from 'vitest';
import { ImageError, LimitError, UsageError } from '../../../src/errors.js';
import { networkSize, type SizeRule } from '../../../src/image/size.js';

const midasLarge: SizeRule = { width: 384, height: 384, multiple: 32, aspect: 'upper_bound' };
const midasSmall: SizeRule = { width: 256, height: 256, multiple: 32, aspect: 'upper_bound' };
const dpt: SizeRule = { width: 384, height: 384, multiple: 32, aspect: 'minimal' };
const beit: SizeRule = { width: 512, height: 512, multiple: 32, aspect: 'minimal' };
const depthAnything: SizeRule = { width: 518, height: 518, multiple: 14, aspect: 'lower_bound' };
const hub: SizeRule = { width: 518, height: 518, multiple: 14, aspect: 'minimal' };
const rules = [midasLarge, midasSmall, dpt, beit, depthAnything, hub];

// Sizes given by the published Resize class and, in the last column, by the hub's image processor.
const published: [string, string[]][] = [
  ['640x480', ['384x288', '256x192', '512x384', '672x512', '686x518', '686x518']],
  ['480x640', ['288x384', '192x256', '384x512', '512x672', '518x686', '518x686']],
  ['1920x1080', ['384x224', '256x128', '672x384', '896x512', '924x518', '924x518']],
  ['4032x3024', ['384x288', '256x192', '512x384', '672x512', '686x518', '686x518']],
  ['500x333', ['384x256', '256x160', '576x384', '512x352', '784x518', '518x350']],
  ['300x200', ['384x256', '256x160', '384x256', '512x352', '784x518', '518x350']],
  ['1242x375', ['384x128', '256x64', '1280x384', '1696x512', '1722x518', '1722x518']],
  ['2048x1024', ['384x192', '256x128', '768x384', '1024x512', '1036x518', '1036x518']],
  ['1000x250', ['384x96', '256x64', '1536x384', '512x128', '2072x518', '518x126']],
  ['3000x300', ['384x32', '256x32', '3840x384', '5120x512', '5180x518', '5180x518']],
  ['100x100', ['384x384', '256x256', '384x384', '512x512', '518x518', '518x518']],
];

const sizeOf = (text: string) => text.split('x').map(Number) as [number, number];
const show = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;

describe('networkSize', () => {
  for (const [picture, expected] of published) {
    it(`of ${picture} is as published`, () => {
      expect(rules.map((rule) => show(networkSize(rule, ...sizeOf(picture))))).toEqual(expected);
    });
  }

  it('rounds halves to the even multiple, as numpy does', () => {
    const rule: SizeRule = { width: 100, height: 100, multiple: 40, aspect: 'none' };
    expect(show(networkSize(rule, 7, 7))).toBe('80x80');
    expect(show(networkSize({ ...rule, width: 60 }, 7, 7))).toBe('80x80');
  });

  it('stretches to the target without an aspect ratio', () => {
    expect(show(networkSize(dpt, 1000, 250, { square: true }))).toBe('384x384');
    expect(show(networkSize({ width: 512, height: 384, multiple: 32, aspect: 'none' }, 1000, 250))).toBe('512x384');
  });

  it('takes another target for both sides', () => {
    expect(show(networkSize(depthAnything, 640, 480, { inputSize: 252 }))).toBe('336x252');
    expect(show(networkSize(depthAnything, 640, 480, { inputSize: 260 }))).toBe('350x266');
    for (const inputSize of [0, -14, 0.5, NaN]) expect(() => networkSize(dpt, 640, 480, { inputSize })).toThrow(UsageError);
  });

  it('keeps at least one multiple a side', () => {
    expect(show(networkSize(midasLarge, 10_000, 1))).toBe('384x32');
    expect(show(networkSize(dpt, 10_000, 1))).toBe('384x32');
  });

  it('refuses long, thin pictures with the sizes', () => {
    for (const [w, h] of [[10_000, 1], [1, 10_000]] as const) {
      expect(() => networkSize(depthAnything, w, h)).toThrow(LimitError);
      expect(() => networkSize(depthAnything, w, h)).toThrow(w > h ? '5180000x518; the longest side accepted is 8192' : '518x5180000');
    }
    expect(() => networkSize(depthAnything, 640, 480, { maxSide: 685 })).toThrow(expect.objectContaining({ code: 'LIMIT_INPUT', expected: 685, actual: 686 }));
    expect(show(networkSize(depthAnything, 640, 480, { maxSide: 686 }))).toBe('686x518');
  });

  it('refuses sizes that are no sizes', () => {
    for (const [w, h] of [[0, 0], [640, 0], [NaN, 480], [-640, 480], [640.5, 480], [Infinity, 480]] as const) {
      expect(() => networkSize(dpt, w, h)).toThrow(ImageError);
      expect(() => networkSize(dpt, w, h)).toThrow(expect.objectContaining({ code: 'IMAGE_SIZE' }));
    }
  });
});
