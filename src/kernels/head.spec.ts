import uvLoader from '../../shaders/conv_load_bilinear_uv.wgsl?raw';
import confidenceStore from '../../shaders/head_store_confidence.wgsl?raw';
import expStore from '../../shaders/head_store_exp.wgsl?raw';
import { bilinearReference } from './bilinear.spec.js';
import { convReference } from './conv2d.spec.js';
import { padding } from './conv2d.js';
import { head, type FinalActivation, type HeadAttrs } from './head.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** Below this share of the largest depth, f32 may underflow in exp. */
const UNDERFLOW = 2 ** -76;

/** A value and its magnitude, of a sum and the magnitude of that. WGSL allows exp an error of 3 + 2|x| ulp. */
function activated(final: FinalActivation, sum: number, scale: number): [value: number, magnitude: number] {
  const rounding = 3 + 2 * Math.abs(sum);
  if (final.kind === 'relu') return [Math.max(sum, 0), scale];
  if (final.kind !== 'sigmoid') return [Math.exp(sum), Math.exp(sum) * (scale + rounding)];
  const share = 1 / (1 + Math.exp(-sum));
  const slope = share * (1 - share);
  return [final.maxDepth * share, final.maxDepth * (slope * (scale + rounding) + share + UNDERFLOW)];
}

/** The resized map with `uv` added: of columns to the first half of its channels, of rows to the second. */
function upsampledMap(inputs: Tensors, { size, alignCorners }: HeadAttrs): Expected {
  const map = bilinearReference(need(inputs, 'low'), size, alignCorners);
  const uv = inputs['uv'];
  const [, W, C] = map.shape as [number, number, number];
  for (let i = 0; uv && i < map.values.length; i++) {
    const [c, x, y] = [i % C, Math.floor(i / C) % W, Math.floor(i / C / W)];
    const added = uv.data[(c < C / 2 ? x : W + y) * (C / 2) + (c % (C / 2))] as number;
    map.values[i]! += added;
    map.magnitude[i]! += Math.abs(added);
  }
  return map;
}

function reference(inputs: Tensors, attrs: HeadAttrs): Record<string, Expected> {
  const { size, final } = attrs;
  const [weight2, bias2] = [need(inputs, 'weight2'), need(inputs, 'bias2')];
  const upsampled = upsampledMap(inputs, attrs);
  const hidden = convReference(upsampled, need(inputs, 'weight1'), need(inputs, 'bias1'), {
    stride: 1,
    pad: padding(1),
  });
  const N = hidden.shape[2] as number;
  const names = final.kind === 'confidence' ? ['depth', 'confidence'] : ['depth'];
  const channels = names.map((_, channel) => {
    const map = blank(size);
    for (let i = 0; i < map.values.length; i++) {
      let sum = bias2.data[channel] as number;
      let scale = Math.abs(sum);
      for (let n = 0; n < N; n++) {
        const weight = weight2.data[channel * N + n] as number;
        sum += Math.max(hidden.values[i * N + n] as number, 0) * weight;
        scale += (hidden.magnitude[i * N + n] as number) * Math.abs(weight);
      }
      const [value, magnitude] = activated(final, sum, scale);
      map.values[i] = value + channel;
      map.magnitude[i] = magnitude + channel;
    }
    return map;
  });
  return Object.fromEntries(names.map((name, channel) => [name, channels[channel] as Expected]));
}

const exp = { kind: 'exp', store: expStore } as const;
const confidence = { kind: 'confidence', store: confidenceStore } as const;
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
  longKernels: ['tiled'],
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
      name: 'exp, half-pixel centres',
      inputs: shapes(4, 5, 8, 8),
      attrs: { size: [7, 9], alignCorners: false, final: exp },
      half: false,
    },
    {
      name: 'hidden 32, depth and confidence, with columns and rows added',
      inputs: { ...shapes(5, 4, 32, 32), weight2: [64], uv: [20, 16] },
      attrs: { size: [9, 11], alignCorners: true, final: confidence, loader: uvLoader },
    },
    {
      name: 'past 65,535 workgroups',
      inputs: shapes(3, 1, 4, 8),
      attrs: { size: [2 ** 22 + 3, 1], alignCorners: true, final: relu },
      fill: above,
      half: false,
      long: true,
    },
  ],
  perf: [
    {
      name: 'Depth Anything 3 small 504',
      inputs: { ...shapes(216, 288, 32, 32), weight2: [64], uv: [882, 16] },
      attrs: { size: [378, 504], alignCorners: true, final: confidence, loader: uvLoader },
    },
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
