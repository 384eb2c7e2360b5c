import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ImageError, LimitError, UsageError } from '../../../src/errors.js';
import { borderOf, networkSize, type SizeRule } from '../../../src/image/size.js';

interface Published {
  readonly rules: readonly (Omit<SizeRule, 'keepAspect' | 'method'> & {
    readonly name: string;
    readonly keep_aspect: boolean;
    readonly method: SizeRule['method'] | 'hub';
  })[];
  /** Picture width and height, then network width and height by each rule. */
  readonly sizes: readonly (readonly number[])[];
}

const published = JSON.parse(readFileSync('test/fixtures/preprocess/sizes.json', 'utf8')) as Published;
const dpt: SizeRule = { width: 384, height: 384, multiple: 32, keepAspect: true, method: 'minimal' };
const depthAnything: SizeRule = { width: 518, height: 518, multiple: 14, keepAspect: true, method: 'lower_bound' };
const show = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;

describe('networkSize', () => {
  // Where the published rule gives a side of 0 its code fails; here such a side is one multiple.
  published.rules.forEach(({ name, keep_aspect: keepAspect, method, width, height, multiple }, column) => {
    it(`by the rule ${name} is as published`, () => {
      const rule: SizeRule = { width, height, multiple, keepAspect, method: method === 'hub' ? 'minimal' : method };
      expect(published.sizes.length).toBeGreaterThan(200);
      for (const row of published.sizes) {
        const [w, h, W, H] = [row[0], row[1], row[2 + 2 * column], row[3 + 2 * column]] as [
          number,
          number,
          number,
          number,
        ];
        const size = networkSize(rule, w, h, { maxSide: Infinity });
        expect(show(size), `${w}x${h}`).toBe(`${W || multiple}x${H || multiple}`);
      }
    });
  });

  it('rounds halves to the even multiple, as numpy does', () => {
    const rule: SizeRule = { width: 100, height: 100, multiple: 40, keepAspect: false, method: 'minimal' };
    expect(show(networkSize(rule, 7, 7))).toBe('80x80');
    expect(show(networkSize({ ...rule, width: 60 }, 7, 7))).toBe('80x80');
  });

  // Sizes of the published infer, height and width: border, network input.
  it.each([
    [480, 640, 46, 53, '512x384'],
    [375, 1242, 41, 74, '1152x384'],
    [1080, 1920, 69, 92, '672x384'],
  ])('takes the border of ZoeDepth for a part of the picture: %i×%i', (height, width, rows, columns, size) => {
    const rule: SizeRule = { ...dpt, width: 512, border: 'mirrored' };
    expect(borderOf(rule, { width, height })).toEqual([rows, columns]);
    expect(borderOf(dpt, { width, height })).toBeUndefined();
    expect(show(networkSize(rule, width, height))).toBe(size);
  });

  // Sizes of the published infer_video_depth.
  it.each([
    [1920, 1080, '924x518'],
    [640, 359, '924x518'],
    [2390, 1000, '938x392'],
    [1000, 2390, '392x938'],
    [1920, 800, '910x378'],
    [4000, 1000, '896x224'],
  ])('takes less of a video that is longer than 16:9: %i×%i', (width, height, size) => {
    expect(show(networkSize({ ...depthAnything, narrowed: true }, width, height))).toBe(size);
  });

  it('mirrors no more of a tiny picture than there is', () => {
    expect(borderOf({ ...dpt, border: 'mirrored' }, { width: 3, height: 1 })).toEqual([0, 2]);
  });

  it('stretches to the target without an aspect ratio', () => {
    expect(show(networkSize(dpt, 1000, 250, { square: true }))).toBe('384x384');
    expect(show(networkSize({ ...dpt, width: 512, keepAspect: false }, 1000, 250))).toBe('512x384');
  });

  it('takes another target for both sides', () => {
    expect(show(networkSize(depthAnything, 640, 480, { inputSize: 252 }))).toBe('336x252');
    expect(show(networkSize(depthAnything, 640, 480, { inputSize: 260 }))).toBe('350x266');
    for (const inputSize of [0, -14, 0.5, NaN])
      expect(() => networkSize(dpt, 640, 480, { inputSize })).toThrow(UsageError);
  });

  it('of a network of one size is that, and another one is refused with both', () => {
    const fixed: SizeRule = { ...dpt, keepAspect: false, fixed: true };
    for (const options of [{}, { square: true }, { inputSize: 384 }])
      expect(show(networkSize(fixed, 1000, 250, options))).toBe('384x384');
    expect(() => networkSize(fixed, 640, 480, { inputSize: 383 })).toThrow(
      expect.objectContaining({ code: 'OPTION_INPUT_SIZE', expected: 384, actual: 383 }),
    );
    expect(() => networkSize(fixed, 640, 480, { maxSide: 383 })).toThrow(LimitError);
  });

  it('keeps at least one multiple a side', () => {
    expect(show(networkSize(dpt, 10_000, 1))).toBe('384x32');
  });

  it('refuses long, thin pictures with the sizes', () => {
    for (const [w, h] of [
      [10_000, 1],
      [1, 10_000],
    ] as const) {
      expect(() => networkSize(depthAnything, w, h)).toThrow(LimitError);
      expect(() => networkSize(depthAnything, w, h)).toThrow(
        w > h ? '5180000x518; the longest side accepted is 8192' : '518x5180000',
      );
    }
    expect(() => networkSize(depthAnything, 640, 480, { maxSide: 685 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_INPUT', expected: 685, actual: 686 }),
    );
    expect(show(networkSize(depthAnything, 640, 480, { maxSide: 686 }))).toBe('686x518');
  });

  it('refuses sizes that are no sizes', () => {
    for (const [w, h] of [
      [0, 0],
      [640, 0],
      [NaN, 480],
      [-640, 480],
      [640.5, 480],
      [Infinity, 480],
    ] as const) {
      expect(() => networkSize(dpt, w, h)).toThrow(ImageError);
      expect(() => networkSize(dpt, w, h)).toThrow(expect.objectContaining({ code: 'IMAGE_SIZE' }));
    }
  });
});
