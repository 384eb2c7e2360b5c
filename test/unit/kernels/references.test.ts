import { describe, expect, it } from 'vitest';
import { erf, geluReference } from '../../../src/kernels/activation.spec.js';
import { bilinearReference } from '../../../src/kernels/bilinear.spec.js';

// The references judge the kernels, so they are held against published values.
describe('references', () => {
  // Abramowitz & Stegun, table 7.1.
  it.each([
    [0, 0],
    [0.1, 0.112462916],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [1.5, 0.9661051465],
    [2, 0.995322265],
    [3, 0.999977909503],
    [5, 0.99999999999846],
  ])('erf(%d) = %d', (x, value) => {
    expect(erf(x)).toBeCloseTo(value, 10);
    expect(erf(-x)).toBeCloseTo(-value, 10);
  });

  it('GELU is the erf form and not the tanh form', () => {
    expect(geluReference(1)).toBeCloseTo(0.8413447460685429, 12);
    expect(geluReference(-2)).toBeCloseTo(-0.0455002638963584, 12);
  });

  // torch.nn.functional.interpolate of [0,1,4,9,16,25,36,49] in f64.
  it.each([
    [
      true,
      [0, 0.46667, 0.93333, 2.2, 3.6, 5.66667, 8, 10.86667, 14.13333, 17.8, 22, 26.46667, 31.6, 36.86667, 42.93333, 49],
    ],
    [false, [0, 0.25, 0.75, 1.75, 3.25, 5.25, 7.75, 10.75, 14.25, 18.25, 22.75, 27.75, 33.25, 39.25, 45.75, 49]],
    [false, [0.3, 3.7, 12.5, 26.1, 45.1]],
  ])('bilinear with align_corners = %s gives %j', (alignCorners, wanted) => {
    const data = Float64Array.of(0, 1, 4, 9, 16, 25, 36, 49);
    const across = bilinearReference(
      { type: { dtype: 'f32', shape: [1, 8, 1] }, data },
      [1, wanted.length],
      alignCorners,
    );
    const along = bilinearReference(
      { type: { dtype: 'f32', shape: [8, 1, 1] }, data },
      [wanted.length, 1],
      alignCorners,
    );
    wanted.forEach((value, i) => {
      expect(across.values[i]).toBeCloseTo(value, 5);
      expect(along.values[i]).toBeCloseTo(value, 5);
    });
  });
});
