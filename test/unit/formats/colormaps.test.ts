import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { colormaps, type ColormapName } from '../../../src/depth/colormaps.js';

const at = (name: ColormapName, entry: number) => [...colormaps[name].subarray(entry * 3, entry * 3 + 3)];

/** CRC-32 of the 768 bytes of each matplotlib 3.11 table. */
const CHECKSUMS: Record<ColormapName, number> = {
  inferno: 1088253630,
  spectral_r: 651437079,
  turbo: 3670262492,
  viridis: 4094135987,
  magma: 3499139746,
  gray: 2753584608,
};

describe('colormaps', () => {
  it('has inferno as MiDaS draws it', () => {
    const published: [number, number[]][] = [
      [0, [0, 0, 4]],
      [32, [33, 12, 74]],
      [64, [87, 16, 110]],
      [96, [138, 34, 106]],
      [128, [188, 55, 84]],
      [160, [228, 90, 49]],
      [192, [249, 142, 9]],
      [224, [249, 203, 53]],
      [255, [252, 255, 164]],
    ];
    for (const [entry, colour] of published) expect(at('inferno', entry)).toEqual(colour);
  });

  it.each(Object.entries(CHECKSUMS) as [ColormapName, number][])('has %s entry for entry', (name, checksum) => {
    expect(colormaps[name]).toHaveLength(768);
    expect(crc32(colormaps[name])).toBe(checksum);
  });
});
