import { describe, expect, it } from 'vitest';
import { turnTable } from '../../../src/kernels/head_rotary.js';

describe('cosines and sines of rotary embeddings', () => {
  // RotaryPositionEmbedding2D(100) of ByteDance-Seed/Depth-Anything-3, depth_anything_3/model/dinov2/layers/rope.py, on
  // a head of 64 channels: what is left of a 1 in channel `pair`, and what it adds to its partner.
  it.each([
    [1, 0, 0.540302306, 0.841470985],
    [3, 4, 0.58275364, 0.812648876],
    [36, 8, -0.896758353, -0.442520572],
    [36, 15, 0.886963644, 0.461839251],
  ])('place %d, pair %d', (place, pair, cosine, sine) => {
    const table = turnTable(37, 64, 100);
    expect(table).toHaveLength(37 * 32);
    expect(table[place * 32 + pair]).toBeCloseTo(cosine, 6);
    expect(table[place * 32 + 16 + pair]).toBeCloseTo(sine, 6);
  });
});
