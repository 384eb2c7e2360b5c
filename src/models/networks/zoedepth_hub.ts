import type { NameRule } from '../../weights/names.js';
import { decoderNames, neckNames } from '../decoders/hub_names.js';
import type { ModelEntry } from '../family.js';
import { beitNames } from './dpt_beit_hub.js';

/** A published ZoeDepth model, with what its tensors cannot tell. */
export interface ZoeDepthEntry extends ModelEntry {
  /** Least and largest depth in metres of bins that are places between them; undefined where bins are depth. */
  readonly range: readonly [number, number] | undefined;
  /** Heads of a model that routes a picture to one of two, by their names in the checkpoint; else none. */
  readonly domains: readonly [indoor: string, outdoor: string] | undefined;
}

const head = (path: string): NameRule[] => [
  [`metric_head.${path}.conv1`, `${path}._net.0`],
  [`metric_head.${path}.conv2`, `${path}._net.2`],
];

const LAYER = 'patch_transformer.transformer_encoder';
const attention = (leaf: string): NameRule => [
  ['query', 'key', 'value'].map((part) => `metric_head.${LAYER}.*.self_attn.${part}.${leaf}`),
  `${LAYER}.layers.*.self_attn.in_proj_${leaf}`,
];

/** Names of transformers' `ZoeDepthForDepthEstimation` → names of the original checkpoints. */
export const zoeNames: readonly NameRule[] = [
  ...beitNames('core.core.pretrained.model'),
  ...neckNames('core.core.pretrained'),
  ...decoderNames('core.core.scratch'),
  ['relative_head.conv1', 'core.core.scratch.output_conv.0'],
  ['relative_head.conv2', 'core.core.scratch.output_conv.2'],
  ['relative_head.conv3', 'core.core.scratch.output_conv.4'],
  ...['seed_bin_regressor', 'seed_projector', 'projectors.*', 'attractors.*'].flatMap(head),
  ...['nyu', 'kitti'].flatMap((domain) => [
    ...head(`seed_bin_regressors.${domain}`),
    ...head(`attractors.${domain}.*`),
  ]),
  attention('weight'),
  attention('bias'),
  [`metric_head.${LAYER}.*`, `${LAYER}.layers.*`],
  ['metric_head.mlp_classifier.linear1', 'mlp_classifier.0'],
  ['metric_head.mlp_classifier.linear2', 'mlp_classifier.2'],
  ['metric_head.patch_transformer', 'patch_transformer'],
  ['metric_head.conditional_log_binomial', 'conditional_log_binomial'],
  ['metric_head.conv2', 'conv2'],
];
