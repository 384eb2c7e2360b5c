import { UsageError } from '../errors.js';
import type { TruthKind } from '../eval/disparity.js';
import { protocols, type ProtocolName } from '../eval/protocols.js';
import { modelArguments, type ModelArguments } from './model_arguments.js';
import { COMPARISON_OPTIONS, EVALUATION_OPTIONS } from './options.js';
import { oneOf, optional, parseOptions, positive, refuseStandard, sideOf, type Parsed } from './parse_options.js';

export interface EvaluateCommand extends ModelArguments {
  readonly command: 'evaluate';
  /** Folder of pictures with their true depth. */
  readonly data: string;
  /** What the files of true depth hold, in place of what they say themselves. */
  readonly truth?: TruthKind;
  /** How a public benchmark is scored, in place of what its layout comes with. */
  readonly protocol?: ProtocolName;
  /** Whether the pictures of a folder are the frames of a clip, and whether its depth is held still. */
  readonly video: boolean;
  readonly steady: boolean;
  /** In pixels of the pictures. */
  readonly focalLength?: number;
  /** Scores how well confidence tells where the errors are. */
  readonly confidence?: boolean;
  /** File for the scores. */
  readonly json?: string;
}

/** One of several models. */
export interface NamedModel {
  /** As the command line has it. */
  readonly text: string;
  readonly model: string;
  /** File, URL or hf:org/repo@revision. */
  readonly weights?: string;
}

/** Rendered questions to one or several models. */
export interface SuiteCommand extends ModelArguments {
  readonly command: 'suite';
  /** Folder for the page, the pictures and the scores. */
  readonly output: string;
  /** The one of `ModelArguments` where there are none. */
  readonly models: readonly NamedModel[];
  /** Of what is placed by chance, in place of the suite's own. */
  readonly seed?: number;
}

/** Several models over the same pictures. */
export interface CompareCommand extends ModelArguments {
  readonly command: 'compare';
  readonly inputs: readonly string[];
  /** Folder for the page and the scores. */
  readonly output: string;
  /** Two or more; the others are compared with the first. */
  readonly models: readonly NamedModel[];
  readonly inputSize?: number;
  /** In pixels of the pictures. */
  readonly focalLength?: number;
}

type EvaluationValues = Parsed<typeof EVALUATION_OPTIONS>['values'];

const PROTOCOLS = Object.keys(protocols) as ProtocolName[];

/**
 * Reads what stands behind `eval`.
 * @throws UsageError OPTION_UNKNOWN, OPTION_VALUE, OPTION_CONFLICT, OPTION_INPUT
 */
export function evaluateCommand(
  argv: readonly string[],
): EvaluateCommand | SuiteCommand | { readonly command: 'help' } {
  const { values, positionals } = parseOptions(argv, EVALUATION_OPTIONS);
  const { help, data, truth, protocol, json, confidence } = values;
  if (help) return { command: 'help' };
  if (values.suite !== undefined) return suiteCommand(values, positionals);
  const idle = (['output', 'models', 'seed'] as const).find((name) => values[name] !== undefined);
  if (idle) throw new UsageError('OPTION_CONFLICT', `--${idle} has no meaning without --suite.`);
  if (data === undefined || positionals.length > 0) {
    const stray = positionals[0] === undefined ? '' : ` "${positionals[0]}" has no meaning here.`;
    throw new UsageError('OPTION_INPUT', `eval takes one folder of pictures with their true depth.${stray}`, {
      hint: 'Name it: `depthwise eval --data DIR`.',
    });
  }
  refuseStandard('eval', data, json);
  if (truth !== undefined && protocol !== undefined)
    throw new UsageError(
      'OPTION_CONFLICT',
      '--truth and --protocol exclude each other: a benchmark says what it holds.',
    );
  const { video = false, steady = false } = values;
  if (steady && !video) throw new UsageError('OPTION_CONFLICT', 'eval takes --steady with --video alone.');
  if (video && confidence)
    throw new UsageError('OPTION_CONFLICT', '--video and --confidence exclude each other: clips are not scored by it.');
  if (video && protocol !== undefined)
    throw new UsageError(
      'OPTION_CONFLICT',
      '--video and --protocol exclude each other: a benchmark has its own scores.',
    );
  return {
    command: 'evaluate',
    data,
    video,
    steady,
    ...modelArguments(values),
    ...optional({
      json,
      confidence,
      focalLength: positive('focal-length', values['focal-length'], 'pixels'),
      truth: truth === undefined ? undefined : oneOf<TruthKind>('truth', truth, ['depth', 'inverse']),
      protocol: protocol === undefined ? undefined : oneOf('protocol', protocol, PROTOCOLS),
    }),
  };
}

/** Reads what stands behind `compare`. @throws as `evaluateCommand` */
export function compareCommand(argv: readonly string[]): CompareCommand | { readonly command: 'help' } {
  const { values, positionals: inputs } = parseOptions(argv, COMPARISON_OPTIONS);
  if (values.help) return { command: 'help' };
  const { output, models } = values;
  if (inputs.length === 0 || output === undefined || models === undefined)
    throw new UsageError('OPTION_INPUT', 'compare takes pictures, two or more models, and a folder to write into.', {
      hint: 'Write `depthwise compare --models a,b photos -o report`.',
    });
  refuseStandard('compare', output);
  return {
    command: 'compare',
    inputs,
    output,
    models: modelNames({ models }, 2),
    ...modelArguments(values),
    ...optional({
      inputSize: sideOf('input-size', values['input-size']),
      focalLength: positive('focal-length', values['focal-length'], 'pixels'),
    }),
  };
}

function suiteCommand(values: EvaluationValues, positionals: readonly string[]): SuiteCommand {
  oneOf('suite', values.suite ?? '', ['failures']);
  const idle = (['data', 'truth', 'protocol', 'video', 'steady', 'confidence', 'focal-length', 'json'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (idle ?? positionals[0])
    throw new UsageError(
      'OPTION_CONFLICT',
      `--suite renders its pictures: ${idle ? `--${idle}` : `"${positionals[0]}"`} has no meaning with it.`,
    );
  if (values.output === undefined)
    throw new UsageError('OPTION_INPUT', '--suite needs a folder to write into.', { hint: 'Add -o DIR.' });
  refuseStandard('--suite', values.output);
  return {
    command: 'suite',
    output: values.output,
    models: modelNames(values, 1),
    ...modelArguments(values),
    ...optional({ seed: seedOf(values.seed) }),
  };
}

/** @throws UsageError OPTION_VALUE */
function seedOf(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError('OPTION_VALUE', `--seed is a whole number from 0 to 999999999, not "${text}".`, {
    actual: text,
  });
}

/** Models, a comma between them: NAME, or NAME=WEIGHTS. */
function modelNames(
  { models, model, weights }: Pick<EvaluationValues, 'models' | 'model' | 'weights'>,
  least: number,
): NamedModel[] {
  if (models === undefined) return [];
  const names = models.split(',').map((name) => name.trim());
  if (names.length < least || names.some((name) => name === '') || new Set(names).size < names.length)
    throw new UsageError('OPTION_VALUE', `--models takes names of ${least} or more models, each once: a,b.`, {
      actual: models,
    });
  if (model !== undefined || weights !== undefined)
    throw new UsageError(
      'OPTION_CONFLICT',
      `--models and --${model === undefined ? 'weights' : 'model'} exclude each other.`,
    );
  return names.map((text) => {
    const [first = '', ...rest] = text.split('=');
    return { text, model: first, ...optional({ weights: rest.length > 0 ? rest.join('=') : undefined }) };
  });
}
