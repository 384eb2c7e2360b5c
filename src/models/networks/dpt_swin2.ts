import type { ModelEntry, FamilyCode, Network } from '../family.js';
import { DPT_LEFT_ASIDE, dptDecoder } from '../decoders/dpt.js';
import { dptNames } from '../decoders/hub_names.js';
import { swinV2, type SwinV2Config } from '../encoders/swin_v2.js';
import { fixedSize } from './fixed_size.js';

const FINE_TUNED: SwinV2Config = { depths: [2, 2, 18, 2], window: 24, pretrained: [12, 12, 12, 6] };

/** By the size in the registry. */
const CONFIGS: Readonly<Record<string, SwinV2Config>> = {
  tiny: { depths: [2, 2, 6, 2], window: 16, pretrained: [0, 0, 0, 0] },
  base: FINE_TUNED,
  large: FINE_TUNED,
};

/**
 * DPT on Swin Transformer V2: picture [H,W,4] of its one size → relative inverse depth [H,W]. arXiv 2111.09883;
 * isl-org/MiDaS midas/dpt_depth.py DPTDepthModel on swin2t16_256, swin2b24_384, swin2l24_384.
 */
function dptSwin2(entry: ModelEntry): Network {
  const config = CONFIGS[entry.size] as SwinV2Config;
  return fixedSize(entry, (picture, weights) =>
    dptDecoder(picture, weights, () => swinV2(picture, weights.at('pretrained.model'), config)),
  );
}

const BLOCK = 'backbone.encoder.layers.*.blocks.*';
const ORIGINAL = 'pretrained.model.layers.*.blocks.*';

/** MiDaS v3.1 on Swin Transformer V2. */
export const code: FamilyCode = {
  hubNames: [
    ['backbone.embeddings.patch_embeddings.projection', 'pretrained.model.patch_embed.proj'],
    ['backbone.embeddings.norm', 'pretrained.model.patch_embed.norm'],
    [`${BLOCK}.attention.self.logit_scale`, `${ORIGINAL}.attn.logit_scale`],
    [`${BLOCK}.attention.self.continuous_position_bias_mlp.*`, `${ORIGINAL}.attn.cpb_mlp.*`],
    [`${BLOCK}.attention.self.query.bias`, `${ORIGINAL}.attn.q_bias`],
    [`${BLOCK}.attention.self.value.bias`, `${ORIGINAL}.attn.v_bias`],
    [['query', 'key', 'value'].map((part) => `${BLOCK}.attention.self.${part}`), `${ORIGINAL}.attn.qkv`],
    [`${BLOCK}.attention.output.dense`, `${ORIGINAL}.attn.proj`],
    // The hub keeps the names of blocks that norm before; these norm after.
    [`${BLOCK}.layernorm_before`, `${ORIGINAL}.norm1`],
    [`${BLOCK}.intermediate.dense`, `${ORIGINAL}.mlp.fc1`],
    [`${BLOCK}.output.dense`, `${ORIGINAL}.mlp.fc2`],
    [`${BLOCK}.layernorm_after`, `${ORIGINAL}.norm2`],
    ['backbone.encoder.layers.*.downsample', 'pretrained.model.layers.*.downsample'],
    ...dptNames,
  ],
  leftAside: DPT_LEFT_ASIDE,
  network: dptSwin2,
};
