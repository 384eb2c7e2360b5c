import type { NameRule } from '../../weights/names.js';

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
