import type { NameRule } from '../../weights/names.js';

/** An encoder of the hub with plain transformer blocks, at `hub` there and `original` here. */
export function transformerNames(hub: string, original: string): readonly NameRule[] {
  const [layer, block] = [`${hub}.encoder.layer.*`, `${original}.blocks.*`];
  const attention = `${layer}.attention.attention`;
  return [
    [`${hub}.embeddings.cls_token`, `${original}.cls_token`],
    [`${hub}.embeddings.position_embeddings`, `${original}.pos_embed`],
    [`${hub}.embeddings.patch_embeddings.projection`, `${original}.patch_embed.proj`],
    [`${layer}.layernorm_before`, `${block}.norm1`],
    [['query', 'key', 'value'].map((part) => `${attention}.${part}`), `${block}.attn.qkv`],
    [`${layer}.attention.output.dense`, `${block}.attn.proj`],
    [`${layer}.layernorm_after`, `${block}.norm2`],
    [`${layer}.intermediate.dense`, `${block}.mlp.fc1`],
    [`${layer}.output.dense`, `${block}.mlp.fc2`],
    [`${hub}.layernorm`, `${original}.norm`],
  ];
}

/** What reads taps out, in the hub's models with a neck of DPT. */
export function neckNames(pretrained: string): readonly NameRule[] {
  const neck = 'neck.reassemble_stage';
  return [1, 2, 3, 4].flatMap((level): NameRule[] => [
    [`${neck}.readout_projects.${level - 1}.0`, `${pretrained}.act_postprocess${level}.0.project.0`],
    [`${neck}.layers.${level - 1}.projection`, `${pretrained}.act_postprocess${level}.3`],
    [`${neck}.layers.${level - 1}.resize`, `${pretrained}.act_postprocess${level}.4`],
  ]);
}

/** The neck and head of the hub's DPT models. */
export const dptNames: readonly NameRule[] = [
  ...neckNames('pretrained'),
  ...decoderNames('scratch'),
  ['head.head', 'scratch.output_conv'],
];

/** The fusion decoder, the same in every hub model that has one. The hub numbers its stages from the deepest. */
export function decoderNames(scratch: string): readonly NameRule[] {
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
