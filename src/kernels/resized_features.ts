import nothingWgsl from '../../shaders/added_nothing.wgsl?raw';
import residualWgsl from '../../shaders/added_residual.wgsl?raw';
import resizedWgsl from '../../shaders/resized_features.wgsl?raw';
import { ensureTypes, map3, numel, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { bilinearKernel, epilogueKernel, type Activation } from './store.js';

const WORKGROUP = 64;

export interface ResizedFeaturesInputs {
  readonly [name: string]: TensorType | undefined;
  /** [LH,LW,C] */
  readonly low: TensorType;
  /** [H,W,C], added behind the activation. */
  readonly residual?: TensorType | undefined;
}

export interface ResizedFeaturesAttrs {
  /** Output [H,W]. */
  readonly size: readonly [number, number];
  readonly act?: Activation;
  readonly out?: DType;
}

/** A map resized bilinearly with align_corners: y[H,W,C] = act(bilinear(low)) + residual. */
export const resizedFeatures = defineOp<ResizedFeaturesInputs, ResizedFeaturesAttrs>({
  name: 'resized_features',
  infer({ low, residual }, { size, out = 'f32' }) {
    const [, , C] = map3(low);
    const shape = [...size, C];
    ensureTypes('resized_features', { low }, C % 4 === 0, '[LH,LW,C] with C a multiple of 4');
    ensureTypes('resized_features', { residual }, !residual || residual.shape.join() === shape.join(), `[${shape}]`);
    return { y: { dtype: out, shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ low, residual }, { size: [H, W], act = 'none' }, { y }) {
        const resize = bilinearKernel(low, [H, W], true);
        const end = epilogueKernel(act, y);
        return {
          files: [resizedWgsl, ...resize.files, ...end.files, residual ? residualWgsl : nothingWgsl],
          tunables: {
            ...resize.tunables,
            ...end.tunables,
            WORKGROUP,
            ...(residual && { relem: residual.dtype }),
          },
          params: { ...resize.params, H, W, C4: map3(low)[2] / 4 },
          workgroups: Math.ceil(numel(y.shape) / 4 / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, _attrs, { y }) => ({ flops: 8 * numel(y.shape) }),
});
