import type { NameRule } from '../../weights/names.js';
import type { FamilyCode } from '../family.js';
import { code as depthAnything } from './depth_anything.js';
import type { DepthAnythingEntry } from './depth_anything_hub.js';

/** An encoder with its blocks in one chunk → names of the original checkpoint of V2. */
const chunkedNames: readonly NameRule[] = [
  ['backbone.blocks.0.*', 'pretrained.blocks.*'],
  ...['cls_token', 'mask_token', 'pos_embed', 'patch_embed', 'norm'].map((part): NameRule => [
    `backbone.${part}`,
    `pretrained.${part}`,
  ]),
];

/** Distill-Any-Depth. */
export const code: FamilyCode<DepthAnythingEntry> = {
  ...depthAnything,
  hubNames: [...depthAnything.hubNames, ...chunkedNames],
};
