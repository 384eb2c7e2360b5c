import { bilinearReference } from './bilinear.spec.js';
import { convReference } from './conv2d.spec.js';
import { padding } from './conv2d.js';
import { head, type HeadAttrs } from './head.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** Below this share of the largest depth, f32 may underflow in exp. */
const UNDERFLOW = 2 ** -76;

/**
 * Magnitude after the sigmoid: its slope times that before, and the rounding of exp, which WGSL allows 3 + 2|x| ulp.
 */
function reference(inputs: Tensors, { size, alignCorners, final }: HeadAttrs): { depth: Expected } {
  const [weight2, bias2] = [need(inputs, 'weight2'), need(inputs, 'bias2')];
  const upsampled = bilinearReference(need(inputs, 'low'), size, alignCorners);
  const hidden = convReference(upsampled, need(inputs, 'weight1'), need(inputs, 'bias1'), {
    stride: 1,
    pad: padding(1),
  });
  const N = hidden.shape[2] as number;
  const depth = blank(size);
  for (let i = 0; i < depth.values.length; i++) {
    let sum = bias2.data[0] as number;
    let scale = Math.abs(sum);
    for (let n = 0; n < N; n++) {
      sum += Math.max(hidden.values[i * N + n] as number, 0) * (weight2.data[n] as number);
      scale += (hidden.magnitude[i * N + n] as number) * Math.abs(weight2.data[n] as number);
    }
    const share = 1 / (1 + Math.exp(-sum));
    depth.values[i] = final.kind === 'relu' ? Math.max(sum, 0) : final.maxDepth * share;
    depth.magnitude[i] =
      final.kind === 'relu'
        ? scale
        : final.maxDepth * (share * (1 - share) * (scale + 3 + 2 * Math.abs(sum)) + share + UNDERFLOW);
  }
  return { depth };
}

const shapes = (LH: number, LW: number, C: number, N: number) => ({
  low: [LH, LW, C],
  weight1: [3, 3, C, N],
  bias1: [N],
  weight2: [N],
  bias2: [4],
});
const relu = { kind: 'relu' } as const;
const metres = { kind: 'sigmoid', maxDepth: 80 } as const;
/** A bias that keeps most of the map above zero, where a ReLU lets errors through. */
const above = { bias2: () => 3 };

export const headSpec = defineSpec({
  op: head,
  gate: 8,
  half: ['low', 'weight1'],
  halfAttrs: (attrs) => attrs,
  reference,
  cases: [
    {
      name: 'one pixel',
      inputs: shapes(1, 1, 4, 8),
      attrs: { size: [1, 1], alignCorners: true, final: relu },
      fill: above,
      half: false,
    },
    {
      name: 'doubled, aligned corners, wide',
      inputs: shapes(3, 8, 8, 8),
      attrs: { size: [6, 16], alignCorners: true, final: relu },
      fill: above,
      half: false,
    },
    {
      name: 'an odd ratio: 8×3 to 13×7',
      inputs: shapes(8, 3, 8, 8),
      attrs: { size: [13, 7], alignCorners: true, final: relu },
      half: false,
    },
    {
      name: 'hidden 32, metres',
      inputs: shapes(5, 4, 32, 32),
      attrs: { size: [9, 11], alignCorners: true, final: metres },
    },
    {
      name: 'hidden 32, doubled, half-pixel centres',
      inputs: shapes(4, 7, 32, 32),
      attrs: { size: [8, 14], alignCorners: false, final: relu },
      fill: above,
      half: false,
    },
    {
      name: 'outliers: the sigmoid saturates',
      inputs: shapes(5, 4, 32, 32),
      attrs: { size: [9, 11], alignCorners: true, final: metres },
      fill: 'outliers',
      half: false,
    },
    {
      name: 'past 65,535 workgroups',
      inputs: shapes(3, 1, 4, 8),
      attrs: { size: [2 ** 22 + 3, 1], alignCorners: true, final: relu },
      fill: above,
      half: false,
    },
  ],
  perf: [
    {
      name: 'Depth Anything small 518',
      inputs: shapes(296, 296, 32, 32),
      attrs: { size: [518, 518], alignCorners: true, final: relu },
    },
    {
      name: 'Depth Anything base 518',
      inputs: shapes(296, 296, 64, 32),
      attrs: { size: [518, 518], alignCorners: true, final: relu },
    },
    {
      name: 'Depth Anything large 518',
      inputs: shapes(296, 296, 128, 32),
      attrs: { size: [518, 518], alignCorners: true, final: relu },
    },
    {
      name: 'MiDaS small 256',
      inputs: shapes(128, 128, 32, 32),
      attrs: { size: [256, 256], alignCorners: false, final: relu },
    },
  ],
});
