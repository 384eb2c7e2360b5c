import { map3 } from '../../tensor.js';
import { DPT_LEFT_ASIDE } from '../decoders/dpt.js';
import { levitDecoder } from '../decoders/levit.js';
import { levit } from '../encoders/levit.js';
import type { FamilyCode, Network } from '../family.js';
import { fixedSize } from './fixed_size.js';

/**
 * DPT on LeViT-384: picture [224,224,4] → relative inverse depth [224,224]. arXiv 2104.01136; isl-org/MiDaS
 * midas/dpt_depth.py DPTDepthModel on levit_384.
 */
const dptLevit: Network = (picture, weights) => {
  const maps = picture.graph.scope('pretrained', () => levit(picture, weights.at('pretrained.model')));
  const [H, W] = map3(picture.type);
  return { depth: levitDecoder(maps, weights.at('scratch'), [H, W]) };
};

/** MiDaS v3.1 on LeViT. */
export const code: FamilyCode = {
  hubNames: [],
  // The last six blocks feed the classifier alone, and the deepest fusion block has one input.
  leftAside: [...DPT_LEFT_ASIDE, /^pretrained\.model\.blocks\.2[2-7]\./, /^scratch\.refinenet3\.resConfUnit1\./],
  network: (entry) => fixedSize(entry, dptLevit),
};
