import groupNormWgsl from '../../shaders/group_norm.wgsl?raw';
import plainWgsl from '../../shaders/added_nothing.wgsl?raw';
import residualWgsl from '../../shaders/added_residual.wgsl?raw';
import { ensureTypes, map3, numel, show, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { epilogueKernel, type Activation } from './store.js';

export interface GroupNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** [C], f32 */
  readonly gamma: TensorType;
  /** [C], f32 */
  readonly beta: TensorType;
  /** Added before the activation; same shape as x. */
  readonly residual?: TensorType | undefined;
}

export interface GroupNormAttrs {
  /** Groups of neighbouring channels. */
  readonly groups: number;
  readonly eps: number;
  readonly act?: Activation;
  readonly out?: DType;
}

/** Group normalisation of a map, statistics in f32: y = act(residual + norm(x)·gamma + beta). arXiv 1803.08494. */
export const groupNorm = defineOp<GroupNormInputs, GroupNormAttrs>({
  name: 'group_norm',
  infer({ x, gamma, beta, residual }, { groups, out = 'f32' }) {
    const [, , C] = map3(x);
    const share = C / groups;
    const fits = C % 4 === 0 && (share === 1 || share % 2 === 0);
    ensureTypes('group_norm', { x }, fits, `[H,W,C] with ${groups} groups of one channel or an even number`);
    ensureTypes('group_norm', { x, gamma, beta }, gamma.shape[0] === C && beta.shape[0] === C, `[C] with C = ${C}`);
    const y: TensorType = { dtype: out, shape: x.shape };
    ensureTypes('group_norm', { residual }, !residual || residual.shape.join() === x.shape.join(), show(y));
    return { y };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ x, residual }, { groups, eps, act = 'none' }, { y }) {
        const [H, W, C] = map3(x);
        const share = C / groups;
        // Two groups of an odd number of pairs are a whole number of vectors.
        const odd = share % 4 === 2;
        const WIDTH4 = odd ? share / 2 : Math.max(1, share / 4);
        const end = epilogueKernel(act, y);
        return {
          files: [groupNormWgsl, residual ? residualWgsl : plainWgsl, ...end.files],
          tunables: {
            ...end.tunables,
            xelem: x.dtype,
            SHARE: odd ? 2 : Math.min(share, 4),
            ...(residual && { relem: residual.dtype }),
          },
          params: { PIXELS: H * W, C4: C / 4, WIDTH4, COUNT: H * W * share, EPS: eps },
          workgroups: C / 4 / WIDTH4,
        };
      },
    },
  ],
  cost: (_inputs, _attrs, { y }) => ({ flops: 8 * numel(y.shape) }),
});
