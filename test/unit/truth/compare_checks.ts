import type { Expected } from '../../../src/kernels/spec.js';
import type { DType } from '../../../src/tensor.js';
import type { Actual, Compare } from '../../../truth/compare.js';

const GATE = 8;

/** A result that a comparator must accept or refuse. */
interface Check {
  readonly name: string;
  readonly accept: boolean;
  readonly actual: Readonly<Record<string, Actual>>;
  readonly expected: Readonly<Record<string, Expected>>;
}

const output = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: DType = 'f32',
): Actual => ({ type: { dtype, shape }, values: Float64Array.from(values) });
const truth = (values: readonly number[], shape: readonly number[] = [values.length], scale = 1): Expected => ({
  shape,
  values: Float64Array.from(values),
  magnitude: Float64Array.from(values, () => scale),
});
const check = (name: string, accept: boolean, actual: Actual, expected: Expected): Check => ({
  name,
  accept,
  actual: { y: actual },
  expected: { y: expected },
});

const UNIT = 2 ** -24;

/** What any comparator of the suite must tell apart. */
export const compareChecks: readonly Check[] = [
  check('equal values', true, output([1, -2, 0]), truth([1, -2, 0])),
  check('a difference just inside the gate', true, output([1, 2 + 7.9 * UNIT]), truth([1, 2])),
  check('a difference just outside the gate', false, output([1, 2 + 8.1 * UNIT]), truth([1, 2])),
  check(
    'a difference just outside the gate, in the last place',
    false,
    output([1, 1, 1, 1 - 8.1 * UNIT]),
    truth([1, 1, 1, 1]),
  ),
  check('a difference that only its scale allows', true, output([70 * UNIT]), truth([0], [1], 10)),
  check('any difference where none is allowed', false, output([1e-30]), truth([0], [1], 0)),
  check('the other sign', false, output([-1]), truth([1])),
  check('rounding to f16', true, output([1 + 2 ** -11], [1], 'f16'), truth([1])),
  check('more than rounding to f16', false, output([1 + 2 ** -10], [1], 'f16'), truth([1])),
  check('rounding to f16 in f32', false, output([1 + 2 ** -11]), truth([1])),
  check('NaN', false, output([1, NaN, 3]), truth([1, 2, 3])),
  check('infinity', false, output([1, Infinity, 3]), truth([1, 2, 3])),
  check('infinity where the largest number is expected', false, output([Infinity]), truth([3.4e38], [1], 3.4e38)),
  check('NaN where NaN is expected', false, output([NaN]), truth([NaN])),
  check('a number where NaN is expected', false, output([1]), truth([NaN])),
  check('infinity where NaN is expected', false, output([Infinity]), truth([NaN])),
  check('infinity where infinity is expected', false, output([Infinity]), truth([Infinity])),
  check('a scale that is NaN', false, output([2]), truth([1], [1], NaN)),
  check('nothing where nothing is expected', false, output([]), truth([])),
  check('nothing where something is expected', false, output([], [2]), truth([1, 2])),
  check('too few values', false, output([1], [2]), truth([1, 2])),
  check('too many values', false, output([1, 2, 3], [2]), truth([1, 2])),
  check('sides swapped', false, output([1, 1, 1, 1, 1, 1], [2, 3]), truth([1, 1, 1, 1, 1, 1], [3, 2])),
  { name: 'no outputs', accept: false, actual: {}, expected: {} },
  { name: 'an output left out', accept: false, actual: { y: output([1]) }, expected: { y: truth([1]), z: truth([1]) } },
  {
    name: 'an output too many',
    accept: false,
    actual: { y: output([1]), z: output([1]) },
    expected: { y: truth([1]) },
  },
  {
    name: 'the second output wrong',
    accept: false,
    actual: { y: output([1]), z: output([2]) },
    expected: { y: truth([1]), z: truth([1]) },
  },
];

/** Names of the checks a comparator gets wrong. */
export function compareFaults(compare: Compare): string[] {
  return compareChecks
    .filter(({ accept, actual, expected }) => accepts(compare, actual, expected) !== accept)
    .map(({ name }) => name);
}

function accepts(compare: Compare, actual: Check['actual'], expected: Check['expected']): boolean {
  try {
    return compare(GATE, actual, expected).ratio <= 1;
  } catch {
    return false;
  }
}
