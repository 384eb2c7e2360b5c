import { avgPoolSpec } from '../src/kernels/avg_pool.spec.js';
import { attentionSpec } from '../src/kernels/attention.spec.js';
import { certaintySpec } from '../src/kernels/certainty.spec.js';
import { colorizeSpec, depthTextureSpec, rawDepthTextureSpec } from '../src/kernels/colorize.spec.js';
import { crossAttentionSpec } from '../src/kernels/cross_attention.spec.js';
import { concatSpec } from '../src/kernels/concat.spec.js';
import { conv2dSpec } from '../src/kernels/conv2d.spec.js';
import {
  affineSpec,
  doubtDistanceSpec,
  doubtEvidenceSpec,
  doubtFitSpec,
  doubtSpec,
} from '../src/kernels/doubt.spec.js';
import { depthwiseSpec } from '../src/kernels/depthwise.spec.js';
import { depthExtentSpec, depthHistogramSpec, depthRangeSpec } from '../src/kernels/depth_range.spec.js';
import { depthUniformsSpec } from '../src/kernels/depth_uniforms.spec.js';
import { firstRowSpec } from '../src/kernels/first_row.spec.js';
import { gegluSpec } from '../src/kernels/geglu.spec.js';
import { flipMeanSpec } from '../src/kernels/flip.spec.js';
import { gemmLayerNormSpec } from '../src/kernels/gemm_layer_norm.spec.js';
import { gemmSpec } from '../src/kernels/gemm.spec.js';
import { groupNormSpec } from '../src/kernels/group_norm.spec.js';
import { headSpec } from '../src/kernels/head.spec.js';
import { headRotarySpec } from '../src/kernels/head_rotary.spec.js';
import { headUnitSpec } from '../src/kernels/head_unit.spec.js';
import { layerNormSpec } from '../src/kernels/layer_norm.spec.js';
import { maxPoolSpec } from '../src/kernels/max_pool.spec.js';
import { mergeNormSpec } from '../src/kernels/merge_norm.spec.js';
import { pairNormSpec } from '../src/kernels/pair_norm.spec.js';
import { patchEmbedSpec } from '../src/kernels/patch_embed.spec.js';
import { postNormSpec } from '../src/kernels/post_norm.spec.js';
import {
  antialiasColumnsSpec,
  antialiasRowsSpec,
  borderedPictureSpec,
  preprocessSpec,
} from '../src/kernels/preprocess.spec.js';
import { normalizedBytesSpec, pictureBytesSpec } from '../src/kernels/resize_bytes.spec.js';
import { phaseConvSpec } from '../src/kernels/phase_conv.spec.js';
import { projectDepthSpec } from '../src/kernels/project_depth.spec.js';
import { resizedFeaturesSpec } from '../src/kernels/resized_features.spec.js';
import { resizeMapSpec } from '../src/kernels/resize_map.spec.js';
import { rowPairSpec } from '../src/kernels/row_pair.spec.js';
import { scaleSpec } from '../src/kernels/scale.spec.js';
import { separableSpec } from '../src/kernels/separable.spec.js';
import { skyFillSpec } from '../src/kernels/sky_fill.spec.js';
import { steadyBlendSpec, steadyFitSpec, steadyLumaSpec, steadyMotionSpec } from '../src/kernels/steady.spec.js';
import { temporalAttentionSpec } from '../src/kernels/temporal_attention.spec.js';
import { windowBlendSpec } from '../src/kernels/window_blend.spec.js';
import { zoeAttractSpec, zoeDepthSpec, zoeRouteSpec, zoeSeedsSpec } from '../src/kernels/zoe.spec.js';
import { parts } from '../src/parts.js';
import type { KernelSpec } from '../src/kernels/spec.js';
import { transposedConvSpec } from '../src/kernels/transposed_conv.spec.js';
import { upsampledConvSpec } from '../src/kernels/upsampled_conv.spec.js';

// Their kernels are made with it, slim ones too.
await parts.slim();

/** Every kernel spec; a test holds that no op is missing. */
export const specs = [
  gemmSpec,
  gemmLayerNormSpec,
  transposedConvSpec,
  patchEmbedSpec,
  conv2dSpec,
  upsampledConvSpec,
  phaseConvSpec,
  depthwiseSpec,
  separableSpec,
  maxPoolSpec,
  avgPoolSpec,
  concatSpec,
  layerNormSpec,
  postNormSpec,
  mergeNormSpec,
  groupNormSpec,
  attentionSpec,
  crossAttentionSpec,
  headUnitSpec,
  headRotarySpec,
  headSpec,
  preprocessSpec,
  borderedPictureSpec,
  antialiasRowsSpec,
  antialiasColumnsSpec,
  pictureBytesSpec,
  normalizedBytesSpec,
  flipMeanSpec,
  resizeMapSpec,
  resizedFeaturesSpec,
  temporalAttentionSpec,
  gegluSpec,
  windowBlendSpec,
  zoeSeedsSpec,
  zoeAttractSpec,
  zoeDepthSpec,
  zoeRouteSpec,
  skyFillSpec,
  firstRowSpec,
  rowPairSpec,
  pairNormSpec,
  scaleSpec,
  depthExtentSpec,
  depthHistogramSpec,
  depthRangeSpec,
  colorizeSpec,
  depthTextureSpec,
  rawDepthTextureSpec,
  projectDepthSpec,
  depthUniformsSpec,
  steadyLumaSpec,
  steadyMotionSpec,
  steadyFitSpec,
  steadyBlendSpec,
  affineSpec,
  doubtFitSpec,
  doubtDistanceSpec,
  doubtEvidenceSpec,
  doubtSpec,
  certaintySpec,
] as unknown as readonly KernelSpec[];
