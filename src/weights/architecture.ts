import { ModelMismatchError, quote } from '../errors.js';
import type { SafetensorsHeader } from './safetensors.js';

export type Family =
  | 'depth-anything' | 'midas-v21-small' | 'midas-v21' | 'dpt-large' | 'dpt-hybrid' | 'dpt-beit' | 'dpt-swin2' | 'dpt-swin'
  | 'dpt-next-vit' | 'dpt-levit' | 'zoedepth';

/**
 * What a file alone can tell. Its tensors cannot tell Depth Anything V1 from V2, nor relative from metric:
 * that is for the registry, the hub's config.json or the caller to say.
 */
export interface Architecture {
  readonly family: Family;
  /** Published size within the family, such as `small` or `large-512`; ZoeDepth: `n`, `k` or `nk`. */
  readonly size: string;
  /** `original`: names of the authors' checkpoint; `hub`: names of the transformers library. */
  readonly nameStyle: 'original' | 'hub';
}

interface Signature {
  readonly family: Family;
  readonly nameStyle: Architecture['nameStyle'];
  /** A tensor that only this family has. */
  readonly mark: RegExp;
  /** The metadata entry `model` of the file, where only that tells two sizes apart. */
  readonly label?: string;
  /** Size by one dimension of a tensor; a string where only one size was published. */
  readonly size: string | { readonly tensor: string | RegExp; readonly dim: number; readonly sizes: Readonly<Record<number, string>> };
}

const DINOV2_WIDTHS = { 384: 'small', 768: 'base', 1024: 'large', 1536: 'giant' };
const BEIT_TABLES = { 3972: 'large-512', 2212: 'large-384' };
const SWIN2_WIDTHS = { 96: 'tiny', 128: 'base', 192: 'large' };
/** Attractors have two outputs each in the K model and one in N. */
const ZOE_OUTPUTS = { 16: 'n', 32: 'k' };

/** Tried in order: ZoeDepth contains a whole BEiT model, so it comes before that. */
const SIGNATURES: readonly Signature[] = [
  { family: 'zoedepth', nameStyle: 'hub', mark: /^metric_head\.patch_transformer\./, size: 'nk' },
  { family: 'zoedepth', nameStyle: 'hub', mark: /^metric_head\./, size: { tensor: 'metric_head.attractors.0.conv2.weight', dim: 0, sizes: ZOE_OUTPUTS } },
  { family: 'zoedepth', nameStyle: 'original', mark: /^patch_transformer\./, size: 'nk' },
  { family: 'zoedepth', nameStyle: 'original', mark: /^core\.core\./, size: { tensor: 'attractors.0._net.2.weight', dim: 0, sizes: ZOE_OUTPUTS } },
  { family: 'depth-anything', nameStyle: 'original', mark: /^depth_head\.scratch\.output_conv2\./, size: { tensor: 'pretrained.cls_token', dim: 2, sizes: DINOV2_WIDTHS } },
  { family: 'depth-anything', nameStyle: 'hub', mark: /^backbone\.encoder\.layer\.0\.layer_scale1\./, size: { tensor: 'backbone.embeddings.cls_token', dim: 2, sizes: DINOV2_WIDTHS } },
  { family: 'midas-v21-small', nameStyle: 'original', mark: /^pretrained\.layer1\.3\.0\.conv_dw\./, label: 'nano', size: 'nano' },
  { family: 'midas-v21-small', nameStyle: 'original', mark: /^pretrained\.layer1\.3\.0\.conv_dw\./, size: 'small' },
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

/** A tensor every depth model ends in; without it the file is an encoder or something else. */
const HEAD = /(?:^|\.)(?:scratch\.output_conv[.0-9]|head\.conv3\.|head\.head\.4\.|metric_head\.)/;

/** Other kinds of file that people hand over by mistake. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/sky_output_conv2|^model\.backbone\.pretrained\./, 'a Depth Anything 3 model, which has other tensors than V1 and V2'],
  [/^(?:dinov2\.)?(?:encoder\.layer\.0\.layer_scale1|blocks\.0\.ls1\.gamma)/, 'a DINOv2 encoder alone; a depth model also has a decoder and a head'],
  [/^(?:model|transformer)\.(?:layers|h)\.0\.(?:self_attn|attn)\./, 'a language model'],
  [/(?:^|\.)down_blocks\.0\.|^model\.diffusion_model\./, 'a diffusion model'],
];

const TITLES: Readonly<Record<Family, string>> = {
  'depth-anything': 'Depth Anything', 'midas-v21-small': 'MiDaS v2.1', 'midas-v21': 'MiDaS v2.1', 'dpt-large': 'DPT', 'dpt-hybrid': 'DPT',
  'dpt-beit': 'DPT BEiT', 'dpt-swin2': 'DPT Swin2', 'dpt-swin': 'DPT Swin', 'dpt-next-vit': 'DPT Next-ViT', 'dpt-levit': 'DPT LeViT', zoedepth: 'ZoeDepth',
};

/** For messages: `DPT Swin2 tiny (hub names)`. */
export function describeArchitecture({ family, size, nameStyle }: Architecture): string {
  return `${TITLES[family]} ${size} (${nameStyle} names)`;
}

/**
 * Tells the network from the names and shapes of its tensors, and sizes that these leave open from the file's metadata.
 * @throws ModelMismatchError `MODEL_UNKNOWN` with what the file looks like instead
 */
export function detectArchitecture(header: SafetensorsHeader, source: string): Architecture {
  const names = [...header.tensors.keys()];
  const label = header.metadata.get('model');
  const candidates = names.some((name) => HEAD.test(name)) ? SIGNATURES.filter((signature) => signature.label === undefined || signature.label === label) : [];
  const signature = candidates.find(({ mark }) => names.some((name) => mark.test(name)));
  if (!signature) {
    const stranger = STRANGERS.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
    const guess = stranger ? `It looks like ${stranger}.` : names.length === 0 ? 'It holds no tensors.' : `Its first tensors are ${names.slice(0, 3).map(quote).join(', ')}.`;
    throw new ModelMismatchError('MODEL_UNKNOWN', `${source}: this is not a depth model of a known family.`, { hint: guess, source, actual: names.slice(0, 3), phase: 'load' });
  }
  return { family: signature.family, size: sizeOf(signature, header, source), nameStyle: signature.nameStyle };
}

function sizeOf({ family, size }: Signature, header: SafetensorsHeader, source: string): string {
  if (typeof size === 'string') return size;
  const { tensor, dim, sizes } = size;
  const name = typeof tensor === 'string' ? tensor : [...header.tensors.keys()].find((other) => tensor.test(other))!;
  const shape = header.tensors.get(name)?.shape;
  const found = sizes[shape?.[dim] ?? -1];
  if (found !== undefined) return family === 'dpt-beit' && shape![1] === 12 ? found.replace('large', 'base') : found;
  const have = shape ? `is [${shape.join(', ')}]` : 'is missing';
  throw new ModelMismatchError('MODEL_UNKNOWN', `${source}: this looks like ${TITLES[family]}, but no published size fits: ${quote(name)} ${have}.`, {
    hint: `Dimension ${dim} should be one of ${Object.keys(sizes).join(', ')}.`, source, tensor: name, expected: Object.keys(sizes).map(Number), actual: shape, phase: 'load',
  });
}

/**
 * Holds a file to the family it was loaded as.
 * @throws ModelMismatchError `MODEL_ARCHITECTURE`
 */
export function requireFamily(found: Architecture, wanted: Family, source: string): void {
  if (found.family === wanted) return;
  throw new ModelMismatchError('MODEL_ARCHITECTURE', `${source}: this looks like ${describeArchitecture(found)}, not ${TITLES[wanted]}.`, {
    source, expected: wanted, actual: found, phase: 'load',
  });
}

/** Counters, and tables that a model computes itself. */
const COMPUTED = [/\.num_batches_tracked$/, /\.relative_position_index$/, /\.relative_coords_table$/, /\.attn_mask$/, /\.attention_bias_idxs$/, /\.position_ids$/];
/** Has no input in the deepest fusion block, so the published networks never run it. */
const DEEPEST_UNIT = /(?:^|\.)scratch\.refinenet4\.resConfUnit1\./;
/** The head of the task the encoder was first trained on, and the norm before it. */
const VIT_CLASSIFIER = /^pretrained\.model\.(?:norm|fc_norm|head)\./;

const IGNORABLE: Readonly<Partial<Record<Family, readonly RegExp[]>>> = {
  'depth-anything': [/^pretrained\.mask_token$/, DEEPEST_UNIT],
  'midas-v21-small': [DEEPEST_UNIT],
  'midas-v21': [DEEPEST_UNIT],
  'dpt-large': [DEEPEST_UNIT, VIT_CLASSIFIER],
  'dpt-hybrid': [DEEPEST_UNIT, VIT_CLASSIFIER],
  'dpt-beit': [DEEPEST_UNIT, VIT_CLASSIFIER],
  'dpt-swin2': [DEEPEST_UNIT, VIT_CLASSIFIER],
  'dpt-swin': [DEEPEST_UNIT, VIT_CLASSIFIER],
};

/** Model-side names of tensors that files of this family hold and the network never uses; for `Weights.unused`. */
export function ignorableTensors(family: Family): readonly RegExp[] {
  return [...COMPUTED, ...(IGNORABLE[family] ?? [])];
}
