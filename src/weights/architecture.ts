import type { SafetensorsHeader } from './format/safetensors.js';

export type Family =
  | 'depth-anything'
  | 'midas-v21-small'
  | 'midas-v21'
  | 'dpt-large'
  | 'dpt-hybrid'
  | 'dpt-beit'
  | 'dpt-swin2'
  | 'dpt-swin'
  | 'dpt-next-vit'
  | 'dpt-levit'
  | 'zoedepth';

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
  readonly size:
    string | { readonly tensor: string; readonly dim: number; readonly sizes: Readonly<Record<number, string>> };
}

const DINOV2_WIDTHS = { 384: 'small', 768: 'base', 1024: 'large', 1536: 'giant' };

/** Of the families that can be run. */
export const SIGNATURES: readonly Signature[] = [
  {
    family: 'depth-anything',
    nameStyle: 'original',
    mark: /^depth_head\.scratch\.output_conv2\./,
    size: { tensor: 'pretrained.cls_token', dim: 2, sizes: DINOV2_WIDTHS },
  },
  {
    family: 'depth-anything',
    nameStyle: 'hub',
    mark: /^backbone\.encoder\.layer\.0\.layer_scale1\./,
    size: { tensor: 'backbone.embeddings.cls_token', dim: 2, sizes: DINOV2_WIDTHS },
  },
  {
    family: 'midas-v21-small',
    nameStyle: 'original',
    mark: /^pretrained\.layer1\.3\.0\.conv_dw\./,
    label: 'nano',
    size: 'nano',
  },
  { family: 'midas-v21-small', nameStyle: 'original', mark: /^pretrained\.layer1\.3\.0\.conv_dw\./, size: 'small' },
];

/** A tensor that each of them ends in; without it the file is an encoder or something else. */
const HEAD = /(?:^|\.)(?:scratch\.output_conv[.0-9]|head\.conv3\.)/;

/** The architecture of a file of a family that can be run, by its tensors; undefined for any other file. */
export function knownArchitecture(header: SafetensorsHeader): Architecture | undefined {
  const found = matchSignatures(SIGNATURES, HEAD, header);
  const size = found && publishedSize(found, header);
  return size === undefined ? undefined : { family: found!.family, size, nameStyle: found!.nameStyle };
}

/** The first of some signatures that a file bears which has the head of a depth model. */
export function matchSignatures(
  signatures: readonly Signature[],
  head: RegExp,
  header: SafetensorsHeader,
): Signature | undefined {
  const names = [...header.tensors.keys()];
  if (!names.some((name) => head.test(name))) return undefined;
  const label = header.metadata.get('model');
  return signatures.find(
    (signature) =>
      (signature.label === undefined || signature.label === label) && names.some((name) => signature.mark.test(name)),
  );
}

/** The published size whose tensors a file has; undefined where it fits none. */
export function publishedSize({ size }: Signature, header: SafetensorsHeader): string | undefined {
  if (typeof size === 'string') return size;
  const { tensor, dim, sizes } = size;
  return sizes[header.tensors.get(tensor)?.shape[dim] ?? -1];
}
