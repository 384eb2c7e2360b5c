import type { NameRule } from '../../weights/names.js';
import { transformerNames } from '../decoders/hub_names.js';
import type { ModelEntry } from '../family.js';

/** What the sizes of BEiT differ in beside their tensors. */
export interface BeitConfig {
  readonly heads: number;
  /** Blocks, counted from 0, whose outputs the decoder reads. */
  readonly taps: readonly number[];
}

/** A DPT model on BEiT. */
export interface DptBeitEntry extends ModelEntry, BeitConfig {}

/** Names of the hub's BEiT → names at `original`. */
export function beitNames(original: string): readonly NameRule[] {
  const attention = 'backbone.encoder.layer.*.attention.attention';
  const block = `${original}.blocks.*`;
  return [
    // Keys have no bias, so that the others are no parts of one.
    [`${attention}.query.bias`, `${block}.attn.q_bias`],
    [`${attention}.value.bias`, `${block}.attn.v_bias`],
    [`${attention}.relative_position_bias`, `${block}.attn`],
    ['backbone.encoder.layer.*.lambda_1', `${block}.gamma_1`],
    ['backbone.encoder.layer.*.lambda_2', `${block}.gamma_2`],
    ...transformerNames('backbone', original),
  ];
}
