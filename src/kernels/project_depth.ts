import projectWgsl from '../../shaders/project_depth.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import type { RangedInputs } from './colorize.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

/** Kinds of depth, by their number in the shader. */
const KINDS = ['relative-inverse', 'relative', 'metric'] as const;

export interface ProjectedInputs extends RangedInputs {
  /** f32[8], see `PROJECTION`. */
  readonly projection: TensorType;
}

export interface ProjectAttrs {
  readonly kind: (typeof KINDS)[number];
}

/**
 * Type of a projection: inverse distance of the nearest value of a map less that of the farthest; that of the farthest;
 * A and B of z = A/distance + B; z of the far plane; three that are not read.
 */
export const PROJECTION: TensorType = { dtype: 'f32', shape: [8] };

/** Texture projected[H,W] of format r32float: z of the depth values in the depth buffer of a camera, 0…1. */
export const projectDepth = defineOp<ProjectedInputs, ProjectAttrs, { projected: TensorType }>({
  name: 'project_depth',
  infer({ depth, range, projection }) {
    const sound = depth.dtype === 'f32' && depth.shape.length === 2 && [range, projection].every(isEight);
    ensureTypes('project_depth', { depth, range, projection }, sound, 'f32[H,W], f32[8] and f32[8]');
    return { projected: { dtype: 'texture', shape: depth.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }, { kind }) {
        const [H, W] = depth.shape as [number, number];
        return {
          files: [projectWgsl],
          tunables: { WORKGROUP, KIND: KINDS.indexOf(kind) },
          params: { H, W },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 8 * numel(depth.shape) }),
});

function isEight({ dtype, shape }: TensorType): boolean {
  return dtype === 'f32' && shape.join() === '8';
}
