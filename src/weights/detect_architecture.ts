import { ModelMismatchError, quote } from '../errors.js';
import {
  matchSignatures,
  publishedSize,
  SIGNATURES,
  type Architecture,
  type Family,
  type Signature,
} from './architecture.js';
import type { SafetensorsHeader } from './format/safetensors.js';

const BEIT_TABLES = { 3972: 'large-512', 2212: 'large-384' };
const SWIN2_WIDTHS = { 96: 'tiny', 128: 'base', 192: 'large' };
/** Attractors have two outputs each in the K model and one in N. */
const ZOE_OUTPUTS = { 16: 'n', 32: 'k' };

/**
 * Of families that cannot be run, in the order they are tried: ZoeDepth contains a whole BEiT model, so it comes before
 * that.
 */
const OTHERS: readonly Signature[] = [
  { family: 'zoedepth', nameStyle: 'hub', mark: /^metric_head\.patch_transformer\./, size: 'nk' },
  {
    family: 'zoedepth',
    nameStyle: 'hub',
    mark: /^metric_head\./,
    size: { tensor: 'metric_head.attractors.0.conv2.weight', dim: 0, sizes: ZOE_OUTPUTS },
  },
  { family: 'zoedepth', nameStyle: 'original', mark: /^patch_transformer\./, size: 'nk' },
  {
    family: 'zoedepth',
    nameStyle: 'original',
    mark: /^core\.core\./,
    size: { tensor: 'attractors.0._net.2.weight', dim: 0, sizes: ZOE_OUTPUTS },
  },
  { family: 'midas-v21', nameStyle: 'original', mark: /^pretrained\.layer1\.4\.0\.conv2\./, size: 'large' },
  { family: 'dpt-hybrid', nameStyle: 'original', mark: /^pretrained\.model\.patch_embed\.backbone\./, size: 'hybrid' },
  { family: 'dpt-hybrid', nameStyle: 'hub', mark: /^dpt\.embeddings\.backbone\./, size: 'hybrid' },
  {
    family: 'dpt-next-vit',
    nameStyle: 'original',
    mark: /^pretrained\.model\..*\.mhca\.group_conv3x3\./,
    size: 'large',
  },
  { family: 'dpt-levit', nameStyle: 'original', mark: /^pretrained\.model\..*\.attention_biases$/, size: 'large' },
  {
    family: 'dpt-swin2',
    nameStyle: 'original',
    mark: /^pretrained\.model\.layers\..*\.cpb_mlp\./,
    size: { tensor: 'pretrained.model.patch_embed.proj.weight', dim: 0, sizes: SWIN2_WIDTHS },
  },
  {
    family: 'dpt-swin2',
    nameStyle: 'hub',
    mark: /^backbone\.encoder\..*\.continuous_position_bias_mlp\./,
    size: { tensor: 'backbone.embeddings.patch_embeddings.projection.weight', dim: 0, sizes: SWIN2_WIDTHS },
  },
  {
    family: 'dpt-swin',
    nameStyle: 'original',
    mark: /^pretrained\.model\.layers\.0\.blocks\.0\.attn\.relative_position_bias_table$/,
    size: 'large',
  },
  {
    family: 'dpt-beit',
    nameStyle: 'original',
    mark: /^pretrained\.model\.blocks\.0\.attn\.relative_position_bias_table$/,
    size: { tensor: 'pretrained.model.blocks.0.attn.relative_position_bias_table', dim: 0, sizes: BEIT_TABLES },
  },
  {
    family: 'dpt-beit',
    nameStyle: 'hub',
    mark: /^backbone\.encoder\.layer\.0\..*relative_position_bias_table$/,
    size: {
      tensor: 'backbone.encoder.layer.0.attention.attention.relative_position_bias.relative_position_bias_table',
      dim: 0,
      sizes: BEIT_TABLES,
    },
  },
  { family: 'dpt-large', nameStyle: 'original', mark: /^pretrained\.model\.pos_embed$/, size: 'large' },
  { family: 'dpt-large', nameStyle: 'hub', mark: /^dpt\.embeddings\.position_embeddings$/, size: 'large' },
];

/** A tensor that every depth model ends in. */
const HEAD = /(?:^|\.)(?:scratch\.output_conv[.0-9]|head\.conv3\.|head\.head\.4\.|metric_head\.)/;

const TITLES: Readonly<Record<Family, string>> = {
  'depth-anything': 'Depth Anything',
  'midas-v21-small': 'MiDaS v2.1',
  'midas-v21': 'MiDaS v2.1',
  'dpt-large': 'DPT',
  'dpt-hybrid': 'DPT',
  'dpt-beit': 'DPT BEiT',
  'dpt-swin2': 'DPT Swin2',
  'dpt-swin': 'DPT Swin',
  'dpt-next-vit': 'DPT Next-ViT',
  'dpt-levit': 'DPT LeViT',
  zoedepth: 'ZoeDepth',
};

/** Other kinds of file that people hand over by mistake. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [
    /sky_output_conv2|^model\.backbone\.pretrained\./,
    'a Depth Anything 3 model, which has other tensors than V1 and V2',
  ],
  [
    /^(?:dinov2\.)?(?:encoder\.layer\.0\.layer_scale1|blocks\.0\.ls1\.gamma)/,
    'a DINOv2 encoder alone; a depth model also has a decoder and a head',
  ],
  [/^(?:model|transformer)\.(?:layers|h)\.0\.(?:self_attn|attn)\./, 'a language model'],
  [/(?:^|\.)down_blocks\.0\.|^model\.diffusion_model\./, 'a diffusion model'],
];

/** For messages: `DPT Swin2 tiny (hub names)`. */
export function describeArchitecture({ family, size, nameStyle }: Architecture): string {
  return `${TITLES[family]} ${size} (${nameStyle} names)`;
}

/**
 * Tells the network from the names and shapes of its tensors, and sizes that these leave open from the file's metadata.
 * @throws ModelMismatchError `MODEL_UNKNOWN` with what the file looks like instead
 */
export function detectArchitecture(header: SafetensorsHeader, source: string): Architecture {
  const found = matchSignatures([...SIGNATURES, ...OTHERS], HEAD, header);
  if (found) return { family: found.family, size: sizeOf(found, header, source), nameStyle: found.nameStyle };
  const names = [...header.tensors.keys()];
  const stranger = STRANGERS.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
  const guess = stranger
    ? `It looks like ${stranger}.`
    : names.length === 0
      ? 'It holds no tensors.'
      : `Its first tensors are ${names.slice(0, 3).map(quote).join(', ')}.`;
  throw new ModelMismatchError('MODEL_UNKNOWN', `${source}: this is not a depth model of a known family.`, {
    hint: guess,
    source,
    actual: names.slice(0, 3),
  });
}

function sizeOf(signature: Signature, header: SafetensorsHeader, source: string): string {
  const { family, size } = signature;
  const found = publishedSize(signature, header);
  if (typeof size === 'string') return size;
  const { tensor, dim, sizes } = size;
  const shape = header.tensors.get(tensor)?.shape;
  // The base model has the large one's window, and fewer heads.
  if (found !== undefined) return family === 'dpt-beit' && shape![1] === 12 ? found.replace('large', 'base') : found;
  const have = shape ? `is [${shape.join(', ')}]` : 'is missing';
  throw new ModelMismatchError(
    'MODEL_UNKNOWN',
    `${source}: this looks like ${TITLES[family]}, but no published size fits: ${quote(tensor)} ${have}.`,
    {
      hint: `Dimension ${dim} should be one of ${Object.keys(sizes).join(', ')}.`,
      source,
      tensor,
      expected: Object.keys(sizes).map(Number),
      actual: shape,
    },
  );
}
