import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import type { TruthKind } from '../eval/disparity.js';
import { protocols, type ProtocolName } from '../eval/protocols.js';
import { colormaps, type ColormapName } from '../depth/colormaps.js';
import { COMPARISON_OPTIONS, CONVERSION_OPTIONS, EVALUATION_OPTIONS, PARSER_OPTIONS } from './options.js';
import { parseShard, type Shard } from './shard.js';
import { isStandardInput, STANDARD } from '../node/streams.js';
import { CLIP_NAMES, clipFormats, type ClipFormats } from './video/clip_options.js';
import { VIEW_NAMES, viewFormats, type ViewFormats } from './view_options.js';
import { oneOf, optional, parseOptions, positive, sideOf, type Parsed } from './parse_options.js';

/** Which model to load, from where, and onto what. */
export interface ModelArguments {
  readonly model?: string;
  /** File, URL or hf:org/repo@revision. */
  readonly weights?: string;
  readonly acceptLicense: boolean;
  readonly cache?: string;
  readonly precision: 'auto' | 'f32' | 'f16';
  readonly adapter?: string;
  /** In bytes. */
  readonly memoryBudget?: number;
  /** Mean of two maps. */
  readonly flipAverage?: boolean;
  /** Resize and position embedding as in the transformers library. */
  readonly hub: boolean;
  readonly quiet: boolean;
}

/** Files that go beside the coloured picture. */
export interface DataFormats {
  readonly png16: boolean;
  readonly pfm: boolean;
  readonly npy: boolean;
  /** Pictures of what models may give beside the depth. */
  readonly confidence?: boolean;
  readonly sky?: boolean;
}

export interface EstimateCommand extends ModelArguments, DataFormats, ViewFormats, ClipFormats {
  readonly command: 'estimate';
  readonly inputs: readonly string[];
  readonly output?: string;
  readonly inputSize?: number;
  /** In pixels of the picture. */
  readonly focalLength?: number;
  readonly square: boolean;
  readonly colormap: ColormapName;
  readonly grayscale: boolean;
  readonly invert: boolean;
  readonly side: boolean;
  /** What the colours span. */
  readonly span: 'full' | 'percentiles';
  /** Size of the map. */
  readonly size: 'picture' | 'network';
  /** Leaves out pictures whose files are all there. */
  readonly skipExisting: boolean;
  /** The part of the pictures that this process takes. */
  readonly shard?: Shard;
  readonly json: boolean;
}

export interface TensorCommand extends ModelArguments {
  readonly command: 'tensor';
  readonly input: string;
  readonly output: string;
}

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

export interface ConvertCommand {
  readonly command: 'convert';
  /** File, URL or hf:org/repo@revision/file. */
  readonly input: string;
  readonly output: string;
  readonly f16: boolean;
  readonly quiet: boolean;
}

/** What a command line asks for. */
export type Command =
  | EstimateCommand
  | TensorCommand
  | EvaluateCommand
  | SuiteCommand
  | CompareCommand
  | ConvertCommand
  | { readonly command: 'info'; readonly adapter?: string; readonly json: boolean }
  | { readonly command: 'models'; readonly json: boolean }
  | { readonly command: 'cache'; readonly action: 'list' | 'clear'; readonly json: boolean; readonly cache?: string }
  | { readonly command: 'help' }
  | { readonly command: 'version' };

type Values = Parsed<typeof PARSER_OPTIONS>['values'];
type EvaluationValues = Parsed<typeof EVALUATION_OPTIONS>['values'];
type ComparisonValues = Parsed<typeof COMPARISON_OPTIONS>['values'];

const PROTOCOLS = Object.keys(protocols) as ProtocolName[];

/**
 * Reads a command line without the program's name.
 * @throws UsageError OPTION_UNKNOWN naming the nearest option, OPTION_VALUE, OPTION_CONFLICT, OPTION_INPUT.
 */
export function parseArguments(argv: readonly string[]): Command {
  const [command, rest] = splitCommand(argv);
  if (command === 'eval') return evaluateCommand(rest);
  if (command === 'compare') return compareCommand(rest);
  if (command === 'convert') return convertCommand(rest);
  const { values, positionals } = parseOptions(argv, PARSER_OPTIONS);
  const json = values.json ?? false;
  if (values.help) return { command: 'help' };
  if (values.version) return { command: 'version' };
  if (values.tensor !== undefined || values['out-tensor'] !== undefined) return tensorCommand(values, positionals);
  if (command === 'models' || command === 'info') {
    refuseSurplus(command, positionals[1]);
    return command === 'models' ? { command, json } : { command, json, ...optional({ adapter: values.adapter }) };
  }
  if (command === 'cache') {
    refuseSurplus(command, positionals[2]);
    const action = oneOf('cache', positionals[1] ?? 'list', ['list', 'clear'] as const);
    return { command, action, json, ...optional({ cache: values.cache }) };
  }
  return estimateCommand(values, positionals);
}

/** The first word that is neither an option nor a value of one, and the rest; none behind `--`, where names stand. */
function splitCommand(argv: readonly string[]): [command: string | undefined, rest: string[]] {
  const options = { ...COMPARISON_OPTIONS, ...EVALUATION_OPTIONS, ...CONVERSION_OPTIONS, ...PARSER_OPTIONS };
  const { tokens } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind !== 'option');
  if (first?.kind !== 'positional') return [undefined, [...argv]];
  return [first.value, argv.toSpliced(first.index, 1)];
}

/** The standard streams are for pictures: what is read twice or compared once it is written has to be a file. */
function refuseStandard(command: string, ...names: readonly (string | undefined)[]): void {
  if (!names.includes(STANDARD)) return;
  throw new UsageError('OPTION_INPUT', `${command} works on files: "${STANDARD}" has no meaning here.`, {
    hint: `For a file called ${STANDARD}, write ./${STANDARD}.`,
    actual: STANDARD,
  });
}

function refuseSurplus(command: string, surplus: string | undefined): void {
  if (surplus === undefined) return;
  throw new UsageError('OPTION_INPUT', `${command} takes no file: "${surplus}" has no meaning here.`, {
    hint: `For a picture called ${command}, write ./${command}.`,
    actual: surplus,
  });
}

function estimateCommand(values: Values, inputs: string[]): EstimateCommand {
  if (inputs.length === 0) {
    throw new UsageError('OPTION_INPUT', 'No picture was given.', {
      hint: 'Try `depthwise photo.jpg`, or `depthwise --help`.',
    });
  }
  if (values.grayscale && values.colormap !== undefined) {
    throw new UsageError('OPTION_CONFLICT', '--grayscale and --colormap exclude each other.');
  }
  if (values.side && values.size === 'network') {
    throw new UsageError('OPTION_CONFLICT', '--side and --size network exclude each other: the sizes differ.');
  }
  const output = outputOf(values, inputs);
  return {
    command: 'estimate',
    inputs,
    ...modelArguments(values),
    ...optional({
      output,
      inputSize: sideOf('input-size', values['input-size']),
      focalLength: positive('focal-length', values['focal-length'], 'pixels'),
      confidence: values.confidence,
      sky: values.sky,
      shard: values.shard === undefined ? undefined : parseShard(values.shard),
    }),
    ...viewFormats(values),
    ...clipFormats(values),
    square: values.square ?? false,
    colormap: oneOf('colormap', values.colormap ?? 'inferno', Object.keys(colormaps) as ColormapName[]),
    grayscale: values.grayscale ?? false,
    invert: values.invert ?? false,
    side: values.side ?? false,
    span: oneOf('span', values.span ?? 'full', ['full', 'percentiles']),
    size: oneOf('size', values.size ?? 'picture', ['picture', 'network']),
    skipExisting: values['skip-existing'] ?? false,
    png16: values.png16 ?? false,
    pfm: values.pfm ?? false,
    npy: values.npy ?? false,
    json: values.json ?? false,
  };
}

/** A picture from standard input alone goes to standard output, where nothing else then may go. */
function outputOf(values: Values, inputs: readonly string[]): string | undefined {
  const output = values.output ?? (inputs.every(isStandardInput) ? STANDARD : undefined);
  if (output !== STANDARD) return output;
  const other = (['png16', 'pfm', 'npy', 'confidence', 'sky', ...VIEW_NAMES, 'json', 'skip-existing'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (other) {
    throw new UsageError('OPTION_CONFLICT', `Standard output takes the drawing alone: --${other} needs -o PATH.`);
  }
  return output;
}

function tensorCommand(values: Values, positionals: string[]): TensorCommand {
  const { tensor: input, 'out-tensor': output } = values;
  if (input === undefined || output === undefined) {
    throw new UsageError('OPTION_CONFLICT', '--tensor and --out-tensor belong together.');
  }
  refuseStandard('--tensor', input, output);
  const idle = (
    [
      'input-size',
      'focal-length',
      'square',
      'output',
      'colormap',
      'grayscale',
      'invert',
      'side',
      'span',
      'size',
      'skip-existing',
      'png16',
      'pfm',
      'npy',
      'confidence',
      'sky',
      'shard',
      ...VIEW_NAMES,
      ...CLIP_NAMES,
      'json',
    ] as const
  ).find((name) => values[name] !== undefined);
  if (idle ?? positionals[0]) {
    throw new UsageError(
      'OPTION_CONFLICT',
      `--tensor takes the place of pictures: ${idle ? `--${idle}` : `"${positionals[0]}"`} has no meaning with it.`,
    );
  }
  return { command: 'tensor', input, output, ...modelArguments(values) };
}

function evaluateCommand(argv: readonly string[]): EvaluateCommand | SuiteCommand | { readonly command: 'help' } {
  const { values, positionals } = parseOptions(argv, EVALUATION_OPTIONS);
  const { help, data, truth, protocol, json, confidence } = values;
  if (help) return { command: 'help' };
  if (values.suite !== undefined) return suiteCommand(values, positionals);
  const idle = (['output', 'models'] as const).find((name) => values[name] !== undefined);
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
  };
}

function compareCommand(argv: readonly string[]): CompareCommand | { readonly command: 'help' } {
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

function convertCommand(argv: readonly string[]): ConvertCommand | { readonly command: 'help' } {
  const { values, positionals } = parseOptions(argv, CONVERSION_OPTIONS);
  if (values.help) return { command: 'help' };
  const [input, output, surplus] = positionals;
  refuseStandard('convert', input, output);
  if (input === undefined || output === undefined || surplus !== undefined) {
    throw new UsageError('OPTION_INPUT', `convert takes two names, and got ${positionals.length}.`, {
      hint: 'Write `depthwise convert IN.pt OUT.safetensors`.',
      expected: 2,
      actual: positionals.length,
    });
  }
  return { command: 'convert', input, output, f16: values.f16 ?? false, quiet: values.quiet ?? false };
}

function modelArguments(
  values: (Values | EvaluationValues | ComparisonValues) & { readonly model?: string; readonly weights?: string },
): ModelArguments {
  return {
    acceptLicense: values['accept-license'] ?? false,
    hub: values.hub ?? false,
    quiet: values.quiet ?? false,
    precision: oneOf('precision', values.precision ?? 'auto', ['auto', 'f32', 'f16']),
    ...optional({
      model: values.model,
      weights: values.weights,
      cache: values.cache,
      adapter: values.adapter,
      memoryBudget: memoryBudget(values['memory-budget']),
      flipAverage: values['flip-average'],
    }),
  };
}

/** Megabytes → bytes. */
function memoryBudget(text: string | undefined): number | undefined {
  const megabytes = positive('memory-budget', text, 'MB');
  return megabytes && megabytes * 1e6;
}
