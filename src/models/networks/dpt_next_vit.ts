import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { nextVit } from '../encoders/next_vit.js';
import type { FamilyCode, Network } from '../family.js';

/**
 * DPT on Next-ViT-L: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 2207.05501;
 * isl-org/MiDaS midas/dpt_depth.py DPTDepthModel on next_vit_large_6m.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const dptNextVit: Network = (picture, weights) =>
  dptDecoder(picture, weights, () => nextVit(picture, weights.at('pretrained.model')));

/** MiDaS v3.1 on Next-ViT. */
export const code: FamilyCode = { hubNames: [], leftAside: DPT_LEFT_ASIDE, network: () => dptNextVit };
