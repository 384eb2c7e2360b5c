import { ModelMismatchError, quote, WeightsFormatError } from '../errors.js';
import type { Warning } from '../warnings.js';
import type { Misfit } from './weights.js';

const MAX_LISTED = 5;

/** `MODEL_SURPLUS_TENSOR`, with up to 5 of the tensors that a model does not use, and their number. */
export function surplusTensors({ source, unused }: Misfit): Warning {
  return {
    code: 'MODEL_SURPLUS_TENSOR',
    message: `${source}: the model uses all but ${count(unused)} of the file: ${listed(unused)}.`,
  };
}

/**
 * What is said of layers whose weights are all zero, with up to 5 of them and their number: a warning, as a sound model
 * may have some.
 * @param layers how many layers there are
 * @throws WeightsFormatError `WEIGHTS_ZERO` where no layer lets anything through
 */
export function zeroWeights(source: string, names: readonly string[], layers: number): Warning {
  const code = 'WEIGHTS_ZERO';
  if (names.length < layers)
    return {
      code,
      message: `${source}: the weights of ${names.length} of ${layers} layers are all zero: ${listed(names)}.`,
    };
  throw new WeightsFormatError(
    code,
    `${source}: the weights of all ${layers} layers are zero, so that every map would be flat.`,
    {
      source,
      expected: 'weights that are not all zero',
      actual: layers,
      hint: 'The model was not trained, or its file was not written whole: download it again.',
    },
  );
}

/**
 * `MODEL_MISSING_TENSOR`, with up to 5 of the tensors that a file lacks, their number, and the nearest names that it
 * has.
 */
export function missingTensors({ source, missing, unused, names }: Misfit): ModelMismatchError {
  const first = missing[0] as string;
  const left = new Set(unused);
  const free = [...names].filter(([, sources]) => sources.some((part) => left.has(part))).map(([name]) => name);
  const near = nearest(first, free.length > 0 ? free : [...names.keys()]);
  const hint = near.length > 0 ? `Nearest to the first: ${near.map(quote).join(', ')}.` : 'The file holds no tensors.';
  return new ModelMismatchError(
    'MODEL_MISSING_TENSOR',
    `${source}: the file lacks ${count(missing)} of the model: ${listed(missing)}.`,
    {
      hint,
      source,
      tensor: first,
      expected: missing,
      actual: near,
      phase: 'build',
    },
  );
}

function count({ length }: readonly string[]): string {
  return `${length} tensor${length > 1 ? 's' : ''}`;
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return names.slice(0, MAX_LISTED).map(quote).join(', ') + more;
}

/** The three names that share the most with `name`, counted in characters from either end. */
function nearest(name: string, names: readonly string[]): string[] {
  const score = (other: string): number => {
    const most = Math.min(name.length, other.length);
    let head = 0;
    while (head < most && name[head] === other[head]) head++;
    let tail = 0;
    while (tail < most - head && name[name.length - 1 - tail] === other[other.length - 1 - tail]) tail++;
    return head + tail;
  };
  return names
    .map((other) => ({ other, score: score(other) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ other }) => other);
}
