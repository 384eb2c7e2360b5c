import type { ErrorCode } from '../error_codes.js';
import { quote, UsageError, type Phase } from '../errors.js';
import { nearest } from './nearest.js';

/** What an option takes: one of some values, or a value of a kind. */
export type Choices = readonly (string | boolean)[] | keyof typeof KINDS;

/** Every option of a call: what it takes, or null where what reads it checks it. */
export type OptionTable<T> = Readonly<Record<keyof T, Choices | null>>;

/** Kinds of values, each in words and as a test; objects also of another frame or made by a wrapper. */
const KINDS = {
  positive: ['a positive number', (value: unknown) => typeof value === 'number' && value > 0 && value < Infinity],
  signal: ['an AbortSignal', (value: unknown) => !!(value as Partial<AbortSignal> | null)?.throwIfAborted],
  device: ['a GPUDevice', (value: unknown) => !!(value as Partial<GPUDevice> | null)?.createBuffer],
  gpu: ['a GPU, as navigator.gpu is', (value: unknown) => !!(value as Partial<GPU> | null)?.requestAdapter],
} as const;
const SOURCE = 'a registry name, a URL, hf:org/repo@revision, a Blob, bytes, or an object with name and open';

/**
 * Checks options that callers without a type checker may get wrong. An option that is undefined takes its default.
 * @throws UsageError `OPTION_<NAME>` with the value and the choices, `OPTION_UNKNOWN` naming the nearest option there
 *   is, `OPTION_OBJECT` for options that are no object
 */
export function checkOptions<T extends object>(options: T, table: OptionTable<T>, phase: Phase): void {
  if (typeof options !== 'object' || options === null)
    throw optionFault('object', 'options', options, 'an object', phase);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(table, name)) throw unknown(name, Object.keys(table), phase);
    const choices = table[name as keyof T];
    if (choices) checkChoice(name, value, choices, phase);
  }
}

function unknown(name: string, known: readonly string[], phase: Phase): UsageError {
  const near = nearest(name, known);
  return new UsageError('OPTION_UNKNOWN', `There is no option ${quote(name)}.`, {
    hint: near ? `Did you mean ${near}?` : `Options: ${known.join(', ')}.`,
    expected: known,
    actual: name,
    phase,
  });
}

/** @throws UsageError `OPTION_<NAME>` unless the value is undefined or what the option takes */
export function checkChoice(name: string, value: unknown, choices: Choices, phase: Phase): void {
  const [wanted, fits] =
    typeof choices === 'string'
      ? KINDS[choices]
      : ([choices, (given: unknown) => (choices as readonly unknown[]).includes(given)] as const);
  if (value !== undefined && !fits(value)) throw optionFault(name, name, value, wanted, phase);
}

/** @throws UsageError `OPTION_<NAME>` unless weights can be read from the value */
export function checkSource(name: 'source' | 'weights', value: unknown): void {
  const openable = typeof value === 'object' && value !== null && 'open' in value;
  if (
    typeof value === 'string' ||
    openable ||
    [URL, Blob, ArrayBuffer, Uint8Array].some((type) => value instanceof type)
  )
    return;
  throw optionFault(name, name, value, SOURCE, 'load');
}

/** An error `OPTION_<CODE>` about the option of a name. */
export function optionFault(
  code: string,
  name: string,
  actual: unknown,
  expected: string | readonly (string | boolean)[],
  phase: Phase,
): UsageError {
  const shown =
    typeof actual === 'string'
      ? quote(actual)
      : typeof actual === 'object' && actual !== null
        ? 'an object'
        : String(actual);
  const wanted = typeof expected === 'string' ? expected : `one of ${expected.join(', ')}`;
  return new UsageError(
    `OPTION_${code.replace(/[A-Z]/g, '_$&').toUpperCase()}` as ErrorCode,
    `The option ${name} is ${shown}; expected ${wanted}.`,
    { expected, actual, phase },
  );
}
