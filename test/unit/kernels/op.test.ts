import { describe, expect, it } from 'vitest';
import { foldWorkgroups, MAX_WORKGROUPS } from '../../../src/kernels/op.js';

describe('foldWorkgroups', () => {
  it.each([1, 2, 65534, 65535, 65536, 65537, 131070, 131071, 1_000_003, 2 ** 31])(
    '%d workgroups fit two legal dimensions with less than a row to spare',
    (count) => {
      const [x, y] = foldWorkgroups(count);
      expect(x).toBeLessThanOrEqual(MAX_WORKGROUPS);
      expect(y).toBeLessThanOrEqual(MAX_WORKGROUPS);
      expect(x * y).toBeGreaterThanOrEqual(count);
      expect(x * y - count).toBeLessThan(y);
    },
  );

  it('stays one-dimensional while it can', () => {
    expect(foldWorkgroups(65535)).toEqual([65535, 1]);
    expect(foldWorkgroups(65536)).toEqual([32768, 2]);
  });
});
