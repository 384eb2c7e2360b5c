import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../errors.js';
import { nearest } from '../arguments/nearest.js';
import { STANDARD } from '../node/streams.js';
import { FOREIGN_SPELLINGS } from './options.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Values by option name, and what stands beside the options. */
export type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true }>
>;

/**
 * Reads the options of a command line.
 * @throws UsageError OPTION_UNKNOWN naming the nearest option, OPTION_VALUE
 */
export function parseOptions<T extends Options>(argv: readonly string[], options: T): Parsed<T> {
  refuseUnknown(argv, options);
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
    refuseEmpty(parsed.values);
    return parsed;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      'OPTION_VALUE',
      cause instanceof Error ? cause.message.replace(/\s*\n\s*/g, ' ') : String(cause),
      { cause },
    );
  }
}

/** What a variable of a shell that is not set becomes. */
function refuseEmpty(values: Readonly<Record<string, unknown>>): void {
  const empty = Object.keys(values).find((name) => values[name] === '');
  if (empty !== undefined)
    throw new UsageError('OPTION_VALUE', `--${empty} has an empty value.`, {
      hint: 'Leave it out, or name one.',
      actual: '',
    });
}

function refuseUnknown(argv: readonly string[], options: Options): void {
  const { tokens } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false, tokens: true });
  const shorts = Object.values(options).flatMap(({ short }) => short ?? []);
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(options, token.name) || shorts.includes(token.name)) continue;
    const foreign = Object.hasOwn(FOREIGN_SPELLINGS, token.name) ? FOREIGN_SPELLINGS[token.name] : undefined;
    const near = nearest(token.name, Object.keys(options));
    const hint = foreign
      ? `Here that is ${foreign}.`
      : near
        ? `Did you mean --${near}?`
        : '`depthwise --help` lists all options.';
    throw new UsageError('OPTION_UNKNOWN', `There is no option ${token.rawName}.`, { hint, actual: token.rawName });
  }
}

/** The standard streams are for pictures: what is read twice or compared once it is written has to be a file. */
export function refuseStandard(command: string, ...names: readonly (string | undefined)[]): void {
  if (!names.includes(STANDARD)) return;
  throw new UsageError('OPTION_INPUT', `${command} works on files: "${STANDARD}" has no meaning here.`, {
    hint: `For a file called ${STANDARD}, write ./${STANDARD}.`,
    actual: STANDARD,
  });
}

/** The value an option was given among those it takes. @throws UsageError OPTION_VALUE naming the nearest. */
export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const near = nearest(value, allowed);
  throw new UsageError('OPTION_VALUE', `--${option} is one of ${allowed.join(', ')}, not "${value}".`, {
    expected: allowed,
    actual: value,
    ...(near ? { hint: `Did you mean ${near}?` } : {}),
  });
}

/** The finite number above 0 that an option was given; undefined without the option. @throws UsageError OPTION_VALUE */
export function positive(option: string, text: string | undefined, unit: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < Infinity)) {
    throw new UsageError('OPTION_VALUE', `--${option} is a positive number of ${unit}, not "${text}".`, {
      actual: text,
    });
  }
  return value;
}

/** The side in pixels that an option was given; undefined without the option. @throws UsageError OPTION_VALUE */
export function sideOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new UsageError('OPTION_VALUE', `--${option} is a number of pixels from 1 to 999999, not "${text}".`, {
      actual: text,
    });
  }
  return Number(text);
}

/** The entries that are there, for optional properties that must not be present as undefined. */
export function optional<T extends Record<string, unknown>>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof optional<T>
  >;
}
