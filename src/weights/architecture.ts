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

/** How to tell a family, and a size within it. */
export interface Signature {
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

/** Of the families that can be run. */
const SIGNATURES: readonly Signature[] = [
  { family: 'depth-anything', nameStyle: 'original', mark: /^depth_head\.scratch\.output_conv2\./, size: { tensor: 'pretrained.cls_token', dim: 2, sizes: DINOV2_WIDTHS } },
  { family: 'depth-anything', nameStyle: 'hub', mark: /^backbone\.encoder\.layer\.0\.layer_scale1\./, size: { tensor: 'backbone.embeddings.cls_token', dim: 2, sizes: DINOV2_WIDTHS } },
  { family: 'midas-v21-small', nameStyle: 'original', mark: /^pretrained\.layer1\.3\.0\.conv_dw\./, label: 'nano', size: 'nano' },
  { family: 'midas-v21-small', nameStyle: 'original', mark: /^pretrained\.layer1\.3\.0\.conv_dw\./, size: 'small' },
];

/** A tensor every depth model ends in; without it the file is an encoder or something else. */
const HEAD = /(?:^|\.)(?:scratch\.output_conv[.0-9]|head\.conv3\.|head\.head\.4\.|metric_head\.)/;

const TITLES: Readonly<Record<Family, string>> = {
  'depth-anything': 'Depth Anything', 'midas-v21-small': 'MiDaS v2.1', 'midas-v21': 'MiDaS v2.1', 'dpt-large': 'DPT', 'dpt-hybrid': 'DPT',
  'dpt-beit': 'DPT BEiT', 'dpt-swin2': 'DPT Swin2', 'dpt-swin': 'DPT Swin', 'dpt-next-vit': 'DPT Next-ViT', 'dpt-levit': 'DPT LeViT', zoedepth: 'ZoeDepth',
};

/** For messages: `DPT Swin2 tiny (hub names)`. */
export function describeArchitecture({ family, size, nameStyle }: Architecture): string {
  return `${TITLES[family]} ${size} (${nameStyle} names)`;
}

/** The architecture of a file of a family that can be run, by its tensors; undefined for any other file. @throws ModelMismatchError `MODEL_UNKNOWN` where no size fits */
export function knownArchitecture(header: SafetensorsHeader, source: string): Architecture | undefined {
  return matchSignatures(SIGNATURES, header, source);
}

/** The architecture whose signature comes first among those that a file bears. */
export function matchSignatures(signatures: readonly Signature[], header: SafetensorsHeader, source: string): Architecture | undefined {
  const names = [...header.tensors.keys()];
  if (!names.some((name) => HEAD.test(name))) return undefined;
  const label = header.metadata.get('model');
  const found = signatures.find((signature) => (signature.label === undefined || signature.label === label) && names.some((name) => signature.mark.test(name)));
  return found && { family: found.family, size: sizeOf(found, header, source), nameStyle: found.nameStyle };
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
