import { knownArchitecture } from './architecture.js';
import { mapNames, type NameMap, type NameRule } from './names.js';
import type { SafetensorsHeader } from './format/safetensors.js';

/**
 * Names of transformers' `DepthAnythingForDepthEstimation` → names of the original Depth Anything V1 and V2
 * checkpoints.
 */
const depthAnything: readonly NameRule[] = [
  ['backbone.embeddings.cls_token', 'pretrained.cls_token'],
  ['backbone.embeddings.mask_token', 'pretrained.mask_token'],
  ['backbone.embeddings.position_embeddings', 'pretrained.pos_embed'],
  ['backbone.embeddings.patch_embeddings.projection', 'pretrained.patch_embed.proj'],
  ['backbone.encoder.layer.*.norm1', 'pretrained.blocks.*.norm1'],
  [
    ['query', 'key', 'value'].map((part) => `backbone.encoder.layer.*.attention.attention.${part}`),
    'pretrained.blocks.*.attn.qkv',
  ],
  ['backbone.encoder.layer.*.attention.output.dense', 'pretrained.blocks.*.attn.proj'],
  ['backbone.encoder.layer.*.layer_scale1.lambda1', 'pretrained.blocks.*.ls1.gamma'],
  ['backbone.encoder.layer.*.norm2', 'pretrained.blocks.*.norm2'],
  ['backbone.encoder.layer.*.mlp', 'pretrained.blocks.*.mlp'],
  ['backbone.encoder.layer.*.layer_scale2.lambda1', 'pretrained.blocks.*.ls2.gamma'],
  ['backbone.layernorm', 'pretrained.norm'],
  ['neck.reassemble_stage.layers.*.projection', 'depth_head.projects.*'],
  ['neck.reassemble_stage.layers.*.resize', 'depth_head.resize_layers.*'],
  ...decoder('depth_head.scratch'),
  ['head.conv1', 'depth_head.scratch.output_conv1'],
  ['head.conv2', 'depth_head.scratch.output_conv2.0'],
  ['head.conv3', 'depth_head.scratch.output_conv2.2'],
];

/** The fusion decoder, the same in every hub model that has one. The hub numbers its stages from the deepest. */
function decoder(scratch: string): readonly NameRule[] {
  return [1, 2, 3, 4].flatMap((level): NameRule[] => {
    const stage = `neck.fusion_stage.layers.${4 - level}`;
    const refinenet = `${scratch}.refinenet${level}`;
    return [
      [`neck.convs.${level - 1}`, `${scratch}.layer${level}_rn`],
      [`${stage}.projection`, `${refinenet}.out_conv`],
      ...[1, 2].flatMap((unit) =>
        [1, 2].map((conv): NameRule => [
          `${stage}.residual_layer${unit}.convolution${conv}`,
          `${refinenet}.resConfUnit${unit}.conv${conv}`,
        ]),
      ),
    ];
  });
}

/** Names of a Depth Anything file, original or of transformers, in the original spelling. @throws as `mapNames` */
export function depthAnythingNames(header: SafetensorsHeader, source: string): NameMap {
  return mapNames(header, knownArchitecture(header)?.nameStyle === 'hub' ? depthAnything : [], source);
}
