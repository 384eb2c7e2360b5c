import type { Family, ModelEntry } from '../family.js';
import { depthAnything, type DepthAnythingName } from './depth_anything.js';
import { depthAnything3, type DepthAnything3Name } from './depth_anything_3.js';
import { distillAnyDepth, type DistillAnyDepthName } from './distill_any_depth.js';
import { dptBeit, type DptBeitName } from './dpt_beit.js';
import { dptHybrid, type DptHybridName } from './dpt_hybrid.js';
import { dptLarge, type DptLargeName } from './dpt_large.js';
import { dptLevit, type DptLevitName } from './dpt_levit.js';
import { dptNextVit, type DptNextVitName } from './dpt_next_vit.js';
import { dptSwin, type DptSwinName } from './dpt_swin.js';
import { dptSwin2, type DptSwin2Name } from './dpt_swin2.js';
import { midasLarge, type MidasLargeName } from './midas_large.js';
import { midasSmall, type MidasSmallName } from './midas_small.js';
import { videoDepthAnything, type VideoDepthAnythingName } from './video_depth_anything.js';
import { zoeDepth, type ZoeDepthName } from './zoedepth.js';

/** Name of a model that `loadDepthModel` knows. */
export type ModelName =
  | DepthAnythingName
  | DepthAnything3Name
  | DistillAnyDepthName
  | DptBeitName
  | DptHybridName
  | DptLargeName
  | DptLevitName
  | DptNextVitName
  | DptSwinName
  | DptSwin2Name
  | MidasLargeName
  | MidasSmallName
  | VideoDepthAnythingName
  | ZoeDepthName;

/** A model of the registry. */
export type KnownModel = ModelEntry<ModelName>;

/** Every family that can be run, in the order in which models are listed and recommended. */
export const families: readonly Family<KnownModel>[] = [
  depthAnything,
  depthAnything3,
  distillAnyDepth,
  videoDepthAnything,
  // It contains a whole DPT on BEiT, whose marks it bears.
  zoeDepth,
  dptBeit,
  dptHybrid,
  dptLarge,
  dptSwin2,
  dptSwin,
  dptNextVit,
  dptLevit,
  midasLarge,
  midasSmall,
];
