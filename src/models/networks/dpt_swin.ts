import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { swinV1 } from '../encoders/swin_v1.js';
import type { FamilyCode } from '../family.js';
import { fixedSize } from './fixed_size.js';

const CONFIG = { depths: [2, 2, 18, 2], window: 12 };

/**
 * MiDaS v3.1 on the large Swin Transformer: picture [H,W,4] of its one size → relative inverse depth [H,W].
 * arXiv 2103.14030; isl-org/MiDaS midas/dpt_depth.py DPTDepthModel on swinl12_384.
 */
export const code: FamilyCode = {
  hubNames: [],
  leftAside: DPT_LEFT_ASIDE,
  network: (entry) =>
    fixedSize(entry, (picture, weights) =>
      dptDecoder(picture, weights, () => swinV1(picture, weights.at('pretrained.model'), CONFIG)),
    ),
};
