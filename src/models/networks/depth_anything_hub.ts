import { ModelMismatchError } from '../../errors.js';
import type { NameRule } from '../../weights/names.js';
import { decoderNames } from '../decoders/hub_names.js';
import type { DepthAnythingEntry } from '../families/depth_anything.js';

/** Names of transformers' `DepthAnythingForDepthEstimation` → names of the original checkpoints of V1 and V2. */
export const hubNames: readonly NameRule[] = [
  ['backbone.embeddings.cls_token', 'pretrained.cls_token'],
  ['backbone.embeddings.mask_token', 'pretrained.mask_token'],
  ['backbone.embeddings.position_embeddings', 'pretrained.pos_embed'],
  ['backbone.embeddings.patch_embeddings.projection', 'pretrained.patch_embed.proj'],
  ['backbone.encoder.layer.*.norm1', 'pretrained.blocks.*.norm1'],
  [
    ['query', 'key', 'value'].map((part) => `backbone.encoder.layer.*.attention.attention.${part}`),
    'pretrained.blocks.*.attn.qkv',
  ],
  ['backbone.encoder.layer.*.attention.output.dense', 'pretrained.blocks.*.attn.proj'],
  ['backbone.encoder.layer.*.layer_scale1.lambda1', 'pretrained.blocks.*.ls1.gamma'],
  ['backbone.encoder.layer.*.norm2', 'pretrained.blocks.*.norm2'],
  ['backbone.encoder.layer.*.mlp', 'pretrained.blocks.*.mlp'],
  ['backbone.encoder.layer.*.layer_scale2.lambda1', 'pretrained.blocks.*.ls2.gamma'],
  ['backbone.layernorm', 'pretrained.norm'],
  ['neck.reassemble_stage.layers.*.projection', 'depth_head.projects.*'],
  ['neck.reassemble_stage.layers.*.resize', 'depth_head.resize_layers.*'],
  ...decoderNames('depth_head.scratch'),
  ['head.conv1', 'depth_head.scratch.output_conv1'],
  ['head.conv2', 'depth_head.scratch.output_conv2.0'],
  ['head.conv3', 'depth_head.scratch.output_conv2.2'],
];

/** Blocks of a DINOv2 whose config leaves the number out. */
const DEFAULT_BLOCKS = 12;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Which of some Depth Anything models of one size a `config.json` of the hub means: its taps tell the version. Hub
 * files leave out keys that have their default.
 * @param json the parsed file
 * @throws ModelMismatchError `MODEL_CONFIG` when it is another kind of model, or does not say which version or range it
 *   is
 */
export function configured(
  entries: readonly DepthAnythingEntry[],
  json: unknown,
  source: string,
): readonly DepthAnythingEntry[] {
  const config = asObject(json);
  const type = config['model_type'];
  if (type !== 'depth_anything')
    throw fault(source, `"model_type" should be "depth_anything", and is ${show(type)}`, 'depth_anything', type);
  const version = ofVersion(entries, asObject(config['backbone_config']), source);
  const maxDepth = readRange(config, source);
  return version.filter((entry) => entry.maxDepth === maxDepth);
}

function ofVersion(
  entries: readonly DepthAnythingEntry[],
  backbone: JsonObject,
  source: string,
): readonly DepthAnythingEntry[] {
  const blocks = backbone['num_hidden_layers'] ?? DEFAULT_BLOCKS;
  const taps = readTaps(backbone);
  const version = entries.filter((entry) => `${entry.taps}` === `${taps}` && blocks === (entry.taps.at(-1) ?? 0) + 1);
  if (version.length > 0) return version;
  throw fault(
    source,
    `with ${show(blocks)} blocks, taps [${taps.join(', ')}] are those of no published version of this size`,
    entries.map((entry) => entry.taps),
    taps,
  );
}

/** Metres at the far end of a metric model's range; undefined for a relative one. */
function readRange(config: JsonObject, source: string): number | undefined {
  const kind = config['depth_estimation_type'] ?? 'relative';
  if (kind === 'relative') return undefined;
  if (kind !== 'metric') {
    const kinds = ['relative', 'metric'];
    throw fault(source, `"depth_estimation_type" should be "relative" or "metric", and is ${show(kind)}`, kinds, kind);
  }
  const maxDepth = config['max_depth'];
  if (typeof maxDepth === 'number' && maxDepth > 0 && maxDepth < Infinity) return maxDepth;
  throw fault(source, `a metric model needs "max_depth" in metres, and it is ${show(maxDepth)}`, 'metres', maxDepth);
}

/** Taps from `out_indices`, or else `out_features`; both count from 1, as 0 is the patch embedding. */
function readTaps(backbone: JsonObject): number[] {
  const indices = backbone['out_indices'];
  if (Array.isArray(indices)) return indices.map((index) => Number(index) - 1);
  const features = backbone['out_features'];
  if (Array.isArray(features))
    return features.map((name) => Number(/^stage([0-9]+)$/.exec(String(name))?.[1] ?? NaN) - 1);
  return [];
}

function asObject(json: unknown): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
}

function fault(source: string, what: string, expected: unknown, actual: unknown): ModelMismatchError {
  return new ModelMismatchError('MODEL_CONFIG', `${source}: ${what}.`, { source, expected, actual });
}
