import type { Value } from '../../graph/graph.js';
import type { Convention } from '../../image/preprocess.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { dptNames, transformerNames } from '../decoders/hub_names.js';
import { reassemble } from '../decoders/reassemble.js';
import { resNetV2 } from '../encoders/resnet_v2.js';
import { embedTokens, plainBlocks } from '../encoders/vit.js';
import type { FamilyCode, Network } from '../family.js';

const HEADS = 12;
/** Blocks, counted from 0, whose outputs are the two deeper maps. */
const TAPS = [8, 11];

/**
 * DPT-Hybrid: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 2103.13413; isl-org/MiDaS
 * midas/dpt_depth.py DPTDepthModel on vitb_rn50_384.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const dptHybrid: Network = (picture, weights, { convention }) =>
  dptDecoder(picture, weights, () => encoder(picture, weights.at('pretrained'), convention));

/** Maps of strides 4, 8, 16 and 32: two of the ResNet's stages, and two taps of the transformer on the third. */
function encoder(picture: Value, weights: Weights, convention: Convention): Value[] {
  const { graph } = picture;
  const model = weights.at('model');
  const backbone = 'patch_embed.backbone';
  const [quarter, eighth, features] = graph.scope(backbone, () => resNetV2(picture, model.at(backbone))) as [
    Value,
    Value,
    Value,
  ];
  const tokens = graph.scope('patch_embed', () => embedTokens(features, model, { patch: 1, positions: 'bilinear' }));
  const [gh, gw] = map3(features.type);
  const tapped = plainBlocks(tokens, model, { heads: HEADS, taps: TAPS, convention });
  return [quarter, eighth, ...tapped.map((tap, i) => reassemble(tap, weights, i + 3, [gh, gw]))];
}

const STEM = 'pretrained.model.patch_embed.backbone';

/** DPT-Hybrid. */
export const code: FamilyCode = {
  hubNames: [
    ['dpt.embeddings.backbone.bit.embedder.convolution', `${STEM}.stem.conv`],
    ['dpt.embeddings.backbone.bit.embedder.norm', `${STEM}.stem.norm`],
    ['dpt.embeddings.backbone.bit.encoder.stages.*.layers.*', `${STEM}.stages.*.blocks.*`],
    ['dpt.embeddings.projection', 'pretrained.model.patch_embed.proj'],
    ...transformerNames('dpt', 'pretrained.model'),
    ...dptNames,
  ],
  leftAside: DPT_LEFT_ASIDE,
  network: () => dptHybrid,
};
