import { worstError, type Actual, type Compare } from '../../truth/compare.js';

/** A seeded wrong comparator: the checker of every other test. */
export interface CompareMutant {
  readonly name: string;
  readonly compare: Compare;
}

/** Shows the right comparator other outputs than there are. */
function seeing(change: (value: number, expected: number) => number): Compare {
  return (gate, actual, expected) => {
    const changed = Object.entries(actual).map(([name, output]): [string, Actual] => {
      const wanted = expected[name]?.values;
      return [name, { ...output, values: output.values.map((value, i) => change(value, wanted?.[i] ?? 0)) }];
    });
    return worstError(gate, Object.fromEntries(changed), expected);
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : 0);
const accepted = { ratio: 0, output: '', index: -1, actual: 0, expected: 0 };

export const compareMutants: readonly CompareMutant[] = [
  { name: 'NaN equals anything', compare: seeing((value, expected) => (Number.isNaN(value) ? expected : value)) },
  {
    name: 'infinity equals anything',
    compare: seeing((value, expected) => (Math.abs(value) === Infinity ? expected : value)),
  },
  {
    name: 'two values that are not finite are equal',
    compare: (gate, actual, expected) => {
      const sane = Object.entries(expected).map(
        ([name, e]) =>
          [
            name,
            {
              ...e,
              values: e.values.map((v, i) => (Number.isFinite(v) || Number.isFinite(actual[name]?.values[i]) ? v : 0)),
            },
          ] as const,
      );
      return seeing((value, wanted) => (Number.isFinite(value) || wanted !== 0 ? value : 0))(
        gate,
        actual,
        Object.fromEntries(sane),
      );
    },
  },
  {
    name: 'a number passes where NaN is expected',
    compare: (gate, actual, expected) => {
      const sane = Object.entries(expected).map(
        ([name, e]) =>
          [
            name,
            { ...e, values: e.values.map((v, i) => (Number.isNaN(v) ? finite(actual[name]?.values[i] ?? 0) : v)) },
          ] as const,
      );
      return worstError(gate, actual, Object.fromEntries(sane));
    },
  },
  {
    name: 'shapes ignored',
    compare: (gate, actual, expected) =>
      worstError(
        gate,
        Object.fromEntries(
          Object.entries(actual).map(([n, a]) => [n, { ...a, type: { ...a.type, shape: expected[n]?.shape ?? [] } }]),
        ),
        expected,
      ),
  },
  {
    name: 'empty outputs are equal',
    compare: (gate, actual, expected) =>
      Object.values(actual).every(({ values }) => values.length === 0) ? accepted : worstError(gate, actual, expected),
  },
  {
    name: 'no outputs are equal',
    compare: (gate, actual, expected) =>
      Object.keys(expected).length === 0 ? accepted : worstError(gate, actual, expected),
  },
  {
    name: 'only the first output compared',
    compare: (gate, actual, expected) => {
      const [name = ''] = Object.keys(expected);
      return worstError(
        gate,
        name in actual ? { [name]: actual[name] as Actual } : actual,
        name === '' ? expected : { [name]: expected[name] as NonNullable<(typeof expected)[string]> },
      );
    },
  },
  {
    name: 'the last value not compared',
    compare: (gate, actual, expected) =>
      worstError(
        gate,
        Object.fromEntries(
          Object.entries(actual).map(([n, a]) => [
            n,
            { ...a, values: a.values.map((v, i) => (i + 1 === a.values.length ? (expected[n]?.values[i] ?? v) : v)) },
          ]),
        ),
        expected,
      ),
  },
  { name: 'absolute values compared', compare: seeing((value, expected) => (expected > 0 ? Math.abs(value) : value)) },
  { name: 'the gate doubled', compare: (gate, actual, expected) => worstError(2 * gate, actual, expected) },
  {
    name: 'one gate for all magnitudes',
    compare: (gate, actual, expected) =>
      worstError(
        gate,
        actual,
        Object.fromEntries(
          Object.entries(expected).map(([n, e]) => [n, { ...e, magnitude: e.magnitude.map(() => 1) }]),
        ),
      ),
  },
];
