import { ModelMismatchError, quote } from '../errors.js';
import { knownArchitecture, matchSignatures, type Architecture, type Signature } from './architecture.js';
import type { SafetensorsHeader } from './safetensors.js';

const BEIT_TABLES = { 3972: 'large-512', 2212: 'large-384' };
const SWIN2_WIDTHS = { 96: 'tiny', 128: 'base', 192: 'large' };
/** Attractors have two outputs each in the K model and one in N. */
const ZOE_OUTPUTS = { 16: 'n', 32: 'k' };

/** Of families that cannot be run, in the order they are tried: ZoeDepth contains a whole BEiT model, so it comes before that. */
const SIGNATURES: readonly Signature[] = [
  { family: 'zoedepth', nameStyle: 'hub', mark: /^metric_head\.patch_transformer\./, size: 'nk' },
  { family: 'zoedepth', nameStyle: 'hub', mark: /^metric_head\./, size: { tensor: 'metric_head.attractors.0.conv2.weight', dim: 0, sizes: ZOE_OUTPUTS } },
  { family: 'zoedepth', nameStyle: 'original', mark: /^patch_transformer\./, size: 'nk' },
  { family: 'zoedepth', nameStyle: 'original', mark: /^core\.core\./, size: { tensor: 'attractors.0._net.2.weight', dim: 0, sizes: ZOE_OUTPUTS } },
  { family: 'midas-v21', nameStyle: 'original', mark: /^pretrained\.layer1\.4\.0\.conv2\./, size: 'large' },
  { family: 'dpt-hybrid', nameStyle: 'original', mark: /^pretrained\.model\.patch_embed\.backbone\./, size: 'hybrid' },
  { family: 'dpt-hybrid', nameStyle: 'hub', mark: /^dpt\.embeddings\.backbone\./, size: 'hybrid' },
  { family: 'dpt-next-vit', nameStyle: 'original', mark: /^pretrained\.model\..*\.mhca\.group_conv3x3\./, size: 'large' },
  { family: 'dpt-levit', nameStyle: 'original', mark: /^pretrained\.model\..*\.attention_biases$/, size: 'large' },
  { family: 'dpt-swin2', nameStyle: 'original', mark: /^pretrained\.model\.layers\..*\.cpb_mlp\./, size: { tensor: 'pretrained.model.patch_embed.proj.weight', dim: 0, sizes: SWIN2_WIDTHS } },
  { family: 'dpt-swin2', nameStyle: 'hub', mark: /^backbone\.encoder\..*\.continuous_position_bias_mlp\./, size: { tensor: 'backbone.embeddings.patch_embeddings.projection.weight', dim: 0, sizes: SWIN2_WIDTHS } },
  { family: 'dpt-swin', nameStyle: 'original', mark: /^pretrained\.model\.layers\.0\.blocks\.0\.attn\.relative_position_bias_table$/, size: 'large' },
  { family: 'dpt-beit', nameStyle: 'original', mark: /^pretrained\.model\.blocks\.0\.attn\.relative_position_bias_table$/, size: { tensor: /^pretrained\.model\.blocks\.0\.attn\.relative_position_bias_table$/, dim: 0, sizes: BEIT_TABLES } },
  { family: 'dpt-beit', nameStyle: 'hub', mark: /^backbone\.encoder\.layer\.0\..*relative_position_bias_table$/, size: { tensor: /^backbone\.encoder\.layer\.0\..*relative_position_bias_table$/, dim: 0, sizes: BEIT_TABLES } },
  { family: 'dpt-large', nameStyle: 'original', mark: /^pretrained\.model\.pos_embed$/, size: 'large' },
  { family: 'dpt-large', nameStyle: 'hub', mark: /^dpt\.embeddings\.position_embeddings$/, size: 'large' },
];

/** Other kinds of file that people hand over by mistake. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/sky_output_conv2|^model\.backbone\.pretrained\./, 'a Depth Anything 3 model, which has other tensors than V1 and V2'],
  [/^(?:dinov2\.)?(?:encoder\.layer\.0\.layer_scale1|blocks\.0\.ls1\.gamma)/, 'a DINOv2 encoder alone; a depth model also has a decoder and a head'],
  [/^(?:model|transformer)\.(?:layers|h)\.0\.(?:self_attn|attn)\./, 'a language model'],
  [/(?:^|\.)down_blocks\.0\.|^model\.diffusion_model\./, 'a diffusion model'],
];

/**
 * Tells the network from the names and shapes of its tensors, and sizes that these leave open from the file's metadata.
 * @throws ModelMismatchError `MODEL_UNKNOWN` with what the file looks like instead
 */
export function detectArchitecture(header: SafetensorsHeader, source: string): Architecture {
  const found = knownArchitecture(header, source) ?? matchSignatures(SIGNATURES, header, source);
  if (found) return found;
  const names = [...header.tensors.keys()];
  const stranger = STRANGERS.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
  const guess = stranger ? `It looks like ${stranger}.` : names.length === 0 ? 'It holds no tensors.' : `Its first tensors are ${names.slice(0, 3).map(quote).join(', ')}.`;
  throw new ModelMismatchError('MODEL_UNKNOWN', `${source}: this is not a depth model of a known family.`, { hint: guess, source, actual: names.slice(0, 3), phase: 'load' });
}
