import type { Value } from '../../graph/graph.js';
import type { Convention } from '../../image/preprocess.js';
import type { Weights } from '../../weights/weights.js';
import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { dptNames, transformerNames } from '../decoders/hub_names.js';
import { reassemble } from '../decoders/reassemble.js';
import { embedTokens, patchGrid, plainBlocks } from '../encoders/vit.js';
import type { FamilyCode, Network } from '../family.js';

const PATCH = 16;
const HEADS = 16;
/** Blocks, counted from 0, whose outputs the decoder reads. */
const TAPS = [5, 11, 17, 23];

/**
 * DPT-Large: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 2103.13413; isl-org/MiDaS
 * midas/dpt_depth.py DPTDepthModel on vitl16_384.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const dptLarge: Network = (picture, weights, { convention }) =>
  dptDecoder(picture, weights, () => encoder(picture, weights.at('pretrained'), convention));

/** Maps of strides 4, 8, 16 and 32. */
function encoder(picture: Value, weights: Weights, convention: Convention): Value[] {
  const { graph } = picture;
  const model = weights.at('model');
  const tokens = graph.scope('patch_embed', () => embedTokens(picture, model, { patch: PATCH, positions: 'bilinear' }));
  const tapped = plainBlocks(tokens, model, { heads: HEADS, taps: TAPS, convention });
  return tapped.map((tap, i) => reassemble(tap, weights, i + 1, patchGrid(picture, PATCH)));
}

/** DPT-Large. */
export const code: FamilyCode = {
  hubNames: [...transformerNames('dpt', 'pretrained.model'), ...dptNames],
  leftAside: DPT_LEFT_ASIDE,
  network: () => dptLarge,
};
