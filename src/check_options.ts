import type { ErrorCode } from './error_codes.js';
import { quote, UsageError, type Phase } from './errors.js';

/** The choices of options that take one of several words; those of a part are there. */
const CHOICES = {
  span: ['full', 'percentiles'],
  size: ['picture', 'network'],
  queue: ['all', 'latest'],
  precision: ['auto', 'f32', 'f16'],
  convention: ['original', 'hub'],
  tuning: ['auto', 'off'],
} as const satisfies Record<string, readonly string[]>;

const SOURCE = 'a registry name, a URL, hf:org/repo@revision, a Blob, bytes, or an object with name and open';

/**
 * Checks options that callers without a type checker may get wrong. An option that is undefined takes its default.
 * @throws UsageError `OPTION_<NAME>` with the value and the choices, `OPTION_OBJECT` for options that are no object
 */
export function checkOptions(options: object, names: readonly (keyof typeof CHOICES)[], phase: Phase): void {
  if (typeof options !== 'object' || options === null) throw fault('object', 'options', options, 'an object', phase);
  for (const name of names)
    checkChoice(name, (options as Readonly<Record<string, unknown>>)[name], CHOICES[name], phase);
}

/** @throws UsageError `OPTION_<NAME>` unless the value is undefined or one of the option's choices */
export function checkChoice(name: string, value: unknown, choices: readonly string[], phase: Phase): void {
  if (value !== undefined && !(choices as readonly unknown[]).includes(value))
    throw fault(name, name, value, choices, phase);
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
  throw fault(name, name, value, SOURCE, 'load');
}

function fault(
  code: string,
  name: string,
  actual: unknown,
  expected: string | readonly string[],
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
