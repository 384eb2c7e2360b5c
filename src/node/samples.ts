import type { Metadata, Sharp } from 'sharp';
import { ImageError } from '../errors.js';

/** Samples as the decoder gives them, `channels` to a pixel. */
export interface Samples {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Colour spaces by sample type whose black and white are agreed, so that the decoder's conversion to 8-bit sRGB is
 * right: libvips takes any other type for 0..255 whatever its range.
 */
const CONVERTED: Readonly<Record<string, readonly string[]>> = {
  uchar: ['b-w', 'srgb', 'rgb', 'cmyk'],
  ushort: ['grey16', 'rgb16', 'cmyk'],
  short: ['labs'],
};
/** Linear light, 0 black and 1 white; f16 in grey, which libvips calls grey16, it would round to whole numbers. */
const LINEAR: readonly string[] = ['b-w', 'scrgb'];

/**
 * Upright 8-bit sRGB samples without alpha, each scaled by what its type means.
 * @throws ImageError IMAGE_FORMAT for samples whose black and white nothing states, IMAGE_RANGE for floats outside 0..1
 */
export async function srgbSamples(image: Sharp, { depth, space }: Metadata, path: string): Promise<Samples> {
  const upright = image.autoOrient();
  if (depth === 'float' && LINEAR.includes(space)) return fromLinear(upright, space, path);
  if (!CONVERTED[depth]?.includes(space)) {
    throw new ImageError(
      'IMAGE_FORMAT',
      `${path}: holds ${space} samples of type ${depth}, whose black and white nothing states.`,
      { source: path, expected: CONVERTED, actual: `${space} ${depth}`, hint: 'Convert it to 8 or 16 bits a channel.' },
    );
  }
  const { data, info } = await upright
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

async function fromLinear(upright: Sharp, space: string, path: string): Promise<Samples> {
  const { data, info } = await upright
    .removeAlpha()
    .toColourspace(space)
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true });
  const light = new Float32Array(new Uint8Array(data).buffer);
  const none = light.reduce((count, v) => count + (Number.isNaN(v) ? 1 : 0), 0);
  if (none > 0) {
    throw new ImageError('IMAGE_RANGE', `${path}: ${none} of its ${light.length} float samples are no numbers.`, {
      ...{ source: path, expected: [0, 1], actual: NaN },
      hint: 'Put numbers in their place, or convert it to 8 or 16 bits a channel.',
    });
  }
  const [low, high] = light.reduce(([a, b], v) => [v < a ? v : a, v > b ? v : b], [Infinity, -Infinity]);
  if (!(low >= 0 && high <= 1)) {
    throw new ImageError(
      'IMAGE_RANGE',
      `${path}: its float samples go from ${low} to ${high}, where 0 is black and 1 is white.`,
      { source: path, expected: [0, 1], actual: [low, high], hint: 'Convert it to 8 or 16 bits a channel.' },
    );
  }
  const samples = Uint8Array.from(light, (v) => Math.round(255 * encoded(v)));
  return { data: samples, width: info.width, height: info.height, channels: info.channels };
}

/** IEC 61966-2-1: sRGB of linear light. */
function encoded(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}
