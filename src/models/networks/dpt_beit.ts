import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { dptNames } from '../decoders/hub_names.js';
import { reassemble } from '../decoders/reassemble.js';
import { beit, PATCH } from '../encoders/beit.js';
import { patchGrid } from '../encoders/vit.js';
import type { FamilyCode, Network } from '../family.js';
import { beitNames, type DptBeitEntry } from './dpt_beit_hub.js';

/**
 * DPT on BEiT: picture [H,W,4], sides multiples of 32 → relative inverse depth [H,W]. arXiv 2103.13413, 2307.14460;
 * isl-org/MiDaS midas/dpt_depth.py DPTDepthModel on beitl16_512 and its kin.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const dptBeit =
  ({ heads, taps }: DptBeitEntry): Network =>
  (picture, weights, { convention }) =>
    dptDecoder(picture, weights, () => {
      const pretrained = weights.at('pretrained');
      const tapped = beit(picture, pretrained.at('model'), { heads, taps, convention });
      return tapped.map((tap, i) => reassemble(tap, pretrained, i + 1, patchGrid(picture, PATCH)));
    });

/** DPT on BEiT. */
export const code: FamilyCode<DptBeitEntry> = {
  hubNames: [...beitNames('pretrained.model'), ...dptNames],
  leftAside: DPT_LEFT_ASIDE,
  network: dptBeit,
};
