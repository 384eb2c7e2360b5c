import { parseArgs } from 'node:util';
import { UsageError } from '../errors.js';
import { colormaps, type ColormapName } from '../depth/colormaps.js';
import { compareCommand, evaluateCommand } from './evaluation_arguments.js';
import type { CompareCommand, EvaluateCommand, SuiteCommand } from './evaluation_arguments.js';
import { modelArguments, type ModelArguments } from './model_arguments.js';
import { COMPARISON_OPTIONS, CONVERSION_OPTIONS, EVALUATION_OPTIONS, PARSER_OPTIONS } from './options.js';
import { parseShard, type Shard } from './shard.js';
import { isStandardInput, STANDARD } from '../node/streams.js';
import { CLIP_NAMES, clipFormats, type ClipFormats } from './video/clip_options.js';
import { VIEW_NAMES, viewFormats, type ViewFormats } from './view_options.js';
import { oneOf, optional, parseOptions, positive, refuseStandard, sideOf, type Parsed } from './parse_options.js';

export type { CompareCommand, EvaluateCommand, NamedModel, SuiteCommand } from './evaluation_arguments.js';
export type { ModelArguments } from './model_arguments.js';

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
      'without-sky',
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
