import type { PARSER_OPTIONS } from './options.js';
import { oneOf, optional, positive, type Parsed } from './parse_options.js';

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

/** The options that say so; not every command has all of them. */
type ModelValues = Partial<
  Pick<
    Parsed<typeof PARSER_OPTIONS>['values'],
    | 'model'
    | 'weights'
    | 'accept-license'
    | 'cache'
    | 'precision'
    | 'adapter'
    | 'memory-budget'
    | 'flip-average'
    | 'hub'
    | 'quiet'
  >
>;

/** Reads them from the options of any command. @throws UsageError OPTION_VALUE */
export function modelArguments(values: ModelValues): ModelArguments {
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
