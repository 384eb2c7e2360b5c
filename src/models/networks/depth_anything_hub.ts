import { ModelMismatchError } from '../../errors.js';
import type { NameRule } from '../../weights/names.js';
import { decoderNames } from '../decoders/hub_names.js';
import type { ModelEntry } from '../family.js';

/** A published Depth Anything model, with what its tensors cannot tell. */
export interface DepthAnythingEntry extends ModelEntry {
  readonly version: 1 | 2;
  readonly heads: number;
  /** Blocks, counted from 0, whose outputs the decoder reads; the last one is the last there is. */
  readonly taps: readonly number[];
  /** Metres at the far end of a metric model's range; undefined for relative inverse depth. */
  readonly maxDepth: number | undefined;
}

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
 * @throws ModelMismatchError `MODEL_CONFIG` when it is of none of them
 */
export function configured<Entry extends DepthAnythingEntry>(
  entries: readonly Entry[],
  json: unknown,
  source: string,
): readonly Entry[] {
  const config = asObject(json);
  const backbone = asObject(config['backbone_config']);
  const type = config['model_type'];
  const blocks = backbone['num_hidden_layers'] ?? DEFAULT_BLOCKS;
  const taps = readTaps(backbone);
  const kind = config['depth_estimation_type'] ?? 'relative';
  const maxDepth = config['max_depth'];
  const meant = entries.filter(
    (entry) =>
      type === 'depth_anything' &&
      blocks === (entry.taps.at(-1) as number) + 1 &&
      `${taps}` === `${entry.taps}` &&
      (entry.maxDepth === undefined ? kind === 'relative' : kind === 'metric' && maxDepth === entry.maxDepth),
  );
  if (meant.length > 0) return meant;
  const what =
    `"model_type" ${show(type)}, ${show(blocks)} blocks, taps [${taps.join(', ')}], ` +
    `"depth_estimation_type" ${show(kind)} and "max_depth" ${show(maxDepth)}`;
  throw new ModelMismatchError('MODEL_CONFIG', `${source}: ${what} are those of no published model of this size.`, {
    source,
    expected: entries.map(({ name }) => name),
    actual: what,
  });
}

/** Taps from `out_indices`, or else `out_features`; both count from 1, as 0 is the patch embedding. */
function readTaps(backbone: JsonObject): number[] {
  const indices = backbone['out_indices'];
  if (Array.isArray(indices)) return indices.map((index) => Number(index) - 1);
  const features = backbone['out_features'];
  return Array.isArray(features) ? features.map((name) => Number(String(name).replace(/^stage/, '')) - 1) : [];
}

/** Anything as an object: what is none has no keys of a config. */
function asObject(json: unknown): JsonObject {
  return Object(json) as JsonObject;
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
}
