import { ModelMismatchError } from '../errors.js';

/** What a hub config.json says about a Depth Anything model beyond its tensors. */
export interface DepthAnythingHubConfig {
  readonly version: 1 | 2;
  /** Blocks whose outputs the decoder reads, counted from 0. */
  readonly taps: readonly number[];
  readonly kind: 'relative' | 'metric';
  /** Metres at the far end of a metric model's range; undefined for a relative one. */
  readonly maxDepth: number | undefined;
}

/** Published taps by number of blocks. V1 reads the last four blocks, V2 four spread over the depth. */
const TAPS: Readonly<Record<number, readonly (readonly [version: 1 | 2, taps: readonly number[]])[]>> = {
  12: [
    [1, [8, 9, 10, 11]],
    [2, [2, 5, 8, 11]],
  ],
  24: [
    [1, [20, 21, 22, 23]],
    [2, [4, 11, 17, 23]],
  ],
  40: [[2, [9, 19, 29, 39]]],
};
/** Blocks of a DINOv2 whose config leaves the number out. */
const DEFAULT_BLOCKS = 12;

/**
 * Reads the config.json of a Depth Anything model on the hub; hub files leave out keys that have their default.
 * @param json the parsed file
 * @throws ModelMismatchError `MODEL_CONFIG` when it is another kind of model, or does not say which version or range it
 *   is
 */
export function readHubConfig(json: unknown, source: string): DepthAnythingHubConfig {
  const config = record(json);
  if (config['model_type'] !== 'depth_anything') {
    throw fault(
      source,
      `"model_type" should be "depth_anything", and is ${show(config['model_type'])}`,
      'depth_anything',
      config['model_type'],
    );
  }
  const backbone = record(config['backbone_config']);
  const blocks = backbone['num_hidden_layers'] ?? DEFAULT_BLOCKS;
  const taps = readTaps(backbone);
  const known = typeof blocks === 'number' ? (TAPS[blocks] ?? []) : [];
  const version = known.find(
    ([, published]) => published.every((tap, i) => tap === taps[i]) && taps.length === published.length,
  )?.[0];
  if (version === undefined) {
    throw fault(
      source,
      `with ${show(blocks)} blocks, taps [${taps.join(', ')}] are those of no published version`,
      known.map(([, published]) => published),
      taps,
    );
  }
  const kind = config['depth_estimation_type'] ?? 'relative';
  if (kind === 'relative') return { version, taps, kind, maxDepth: undefined };
  if (kind !== 'metric')
    throw fault(
      source,
      `"depth_estimation_type" should be "relative" or "metric", and is ${show(kind)}`,
      ['relative', 'metric'],
      kind,
    );
  const maxDepth = config['max_depth'];
  if (typeof maxDepth !== 'number' || !(maxDepth > 0 && maxDepth < Infinity)) {
    throw fault(source, `a metric model needs "max_depth" in metres, and it is ${show(maxDepth)}`, 'metres', maxDepth);
  }
  return { version, taps, kind, maxDepth };
}

/** Taps from `out_indices`, or else `out_features`; both count from 1, as 0 is the patch embedding. */
function readTaps(backbone: Readonly<Record<string, unknown>>): number[] {
  const indices = backbone['out_indices'];
  if (Array.isArray(indices)) return indices.map((index) => Number(index) - 1);
  const features = backbone['out_features'];
  if (Array.isArray(features))
    return features.map((name) => Number(/^stage([0-9]+)$/.exec(String(name))?.[1] ?? NaN) - 1);
  return [];
}

function record(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
}

function fault(source: string, what: string, expected: unknown, actual: unknown): ModelMismatchError {
  return new ModelMismatchError('MODEL_CONFIG', `${source}: ${what}.`, { source, expected, actual });
}
