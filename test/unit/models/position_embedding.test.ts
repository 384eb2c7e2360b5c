import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resizePositions, type PositionRule } from '../../../src/models/encoders/position_embedding.js';
import { decode } from '../../../src/weights/format/decode.js';
import { parseHeader } from '../../../src/weights/format/safetensors.js';
import { seededTensor } from '../../../truth/seeded_weights.js';

interface TableRecord {
  readonly rule: 'original' | 'hub';
  readonly grid_height: number;
  readonly grid_width: number;
  readonly stride: number;
}

const DIRECTORY = new URL('../../fixtures/preprocess/', import.meta.url);
const CHANNELS = 8;

describe('position embeddings against the published encoders', () => {
  const records = (
    JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as {
      position_embeddings: Record<string, TableRecord>;
    }
  ).position_embeddings;
  const bytes = new Uint8Array(readFileSync(new URL('position_embeddings.safetensors', DIRECTORY)));
  const { tensors, dataOffset } = parseHeader(bytes, bytes.length, 'position_embeddings');
  const table = seededTensor('pretrained.pos_embed', [1, 1370, CHANNELS]).subarray(CHANNELS);

  // Includes the grids of 546, 602, 1092 and more pixels, where scale-factor arithmetic can lose a patch.
  for (const [name, { rule, grid_height, grid_width, stride }] of Object.entries(records)) {
    it(name, () => {
      const entry = tensors.get(name)!;
      const samples = decode(entry, bytes.subarray(dataOffset + entry.begin, dataOffset + entry.end));
      const resized = resizePositions(table, 37, CHANNELS, grid_height, grid_width, rule === 'hub' ? 'size' : 'offset');
      expect(resized.length).toBe(grid_height * grid_width * CHANNELS);
      // PyTorch resizes in f32: taps at coordinates near 37 carry errors of 37·2^-24 times the slope of the table, and
      // at large grids their positions, computed from an f32 scale, drift by g·2^-24.
      const bound = 2e-6 * Math.max(1, Math.max(grid_height, grid_width) / 37) * 4;
      samples.forEach((value, i) =>
        expect(Math.abs((resized[i * stride] as number) - value)).toBeLessThanOrEqual(bound),
      );
    });
  }
});

describe('one axis of the published interpolation, x = 0 1 4 9 16 25 36 49', () => {
  const squares = Float32Array.from({ length: 64 }, (_, i) => (i % 8) ** 2);
  // The values are PyTorch's own (bicubic has a = -0.75), to the digits printed.
  const cases: readonly [PositionRule, number, readonly number[]][] = [
    ['size', 5, [0.13725, 3.457, 12.125, 26.36098, 45.89275]],
    ['offset', 5, [0.1322, 3.23787, 11.71908, 24.85438, 44.2563]],
    [
      'size',
      12,
      [-0.08681, 0.21875, 1.43055, 3.15278, 6.125, 10.28241, 14.30093, 20.125, 27.13426, 33.44908, 43.53125, 50.12847],
    ],
    [
      'offset',
      12,
      [
        -0.08766, 0.21418, 1.39927, 3.07247, 6.03288, 10.07766, 14.00412, 19.84801, 26.60103, 32.80567, 42.79037,
        49.8099,
      ],
    ],
    ['bilinear', 5, [0.3, 3.7, 12.5, 26.1, 45.1]],
    [
      'bilinear',
      16,
      [0, 0.25, 0.75, 1.75, 3.25, 5.25, 7.75, 10.75, 14.25, 18.25, 22.75, 27.75, 33.25, 39.25, 45.75, 49],
    ],
  ];
  for (const [rule, to, expected] of cases) {
    it(`${rule} → ${to}`, () => {
      const row = resizePositions(squares, 8, 1, 8, to, rule).subarray(0, to);
      // Rows are equal, so resizing 8 rows to 8 changes nothing for `size` and mixes equal rows for `offset`.
      expected.forEach((value, i) => expect(row[i]).toBeCloseTo(value, 4));
    });
  }
});
