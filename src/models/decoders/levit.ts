import type { Recipe, Value } from '../../graph/graph.js';
import { phaseConv } from '../../kernels/phase_conv.js';
import type { Weights } from '../../weights/weights.js';
import { biasOf, conv, linear } from '../layers/layers.js';
import { endOfHead, fusedPaths } from './decoder.js';

const EPS = 1e-5;

/**
 * The decoder of DPT on LeViT: three maps, the largest [H/16,W/16,·] → depth map [H,W]. Two transposed convolutions
 * stand between the fusion blocks and the head. isl-org/MiDaS midas/dpt_depth.py, midas/backbones/levit.py
 * stem_b4_transpose, whose third argument makes an output padding of 1.
 */
export function levitDecoder(maps: readonly Value[], weights: Weights, size: readonly [number, number]): Value {
  const { graph } = maps[0] as Value;
  const { sum } = fusedPaths(maps, weights, 'custom');
  return graph.scope('head', () => {
    const path = linear(sum, weights.at('refinenet1.out_conv'));
    const half = doubled({ low: path }, weights.at('stem_transpose.0'));
    const full = doubled({ x: half }, weights.at('stem_transpose.2'));
    const low = conv(full, weights.at('output_conv.0'), { out: 'f32' });
    const layers = [weights.at('output_conv.2'), weights.at('output_conv.4')] as const;
    return endOfHead(low, layers, { size, alignCorners: true, final: { kind: 'relu' } }).depth;
  });
}

/** Transposed 3×3 convolution of stride 2 with BatchNorm and hardswish, of a map or of `low` at twice its sides. */
function doubled(map: { readonly x: Value } | { readonly low: Value }, weights: Weights): Value {
  const { graph, type } = Object.values(map)[0] as Value;
  const C = type.shape[2] as number;
  const N = weights.shapeOf('c.weight')?.[1] ?? 4;
  const bn = weights.at('bn');
  const weight = graph.constant({
    recipe: phases,
    params: { eps: EPS },
    type: { dtype: graph.storage, shape: [3, 3, C, 4 * N] },
    weights: [weights.get('c.weight', [C, N, 3, 3]), bn.get('weight', [N]), bn.get('running_var', [N])],
  });
  const bias = biasOf(graph, weights.at('c'), N, { weights: bn, eps: EPS });
  return graph.apply(phaseConv, { ...map, weight, bias }, { act: 'hardswish', out: graph.storage }).y;
}

/** For each phase of a side: taps of the convolution at the lower resolution, and those of the transposed one there. */
const TAPS = [[[1, 1]], [[1, 2], [2, 0]]] as const; // prettier-ignore

/** [C,N,3,3] of a transposed convolution, stride 2, padding 1, output padding 1 → [3,3,C,4·N], columns (dy, dx, n). */
const phases: Recipe<{ readonly eps: number }> = {
  name: 'phases',
  pack(weights, [, , C = 0, columns = 0], { eps }) {
    const [values, gamma, variance] = weights.map((each) => each.values) as [Float32Array, Float32Array, Float32Array];
    const packed = new Float32Array(9 * C * columns);
    const N = columns / 4;
    for (let i = 0; i < C * N; i++) {
      const [c, n] = [Math.floor(i / N), i % N];
      const scale = (gamma[n] as number) / Math.sqrt((variance[n] as number) + eps);
      for (const [dy, rows] of TAPS.entries()) {
        for (const [dx, sides] of TAPS.entries()) {
          for (const [ky, fromY] of rows) {
            for (const [kx, fromX] of sides) {
              const at = ((ky * 3 + kx) * C + c) * columns + (2 * dy + dx) * N + n;
              packed[at] = (values[i * 9 + fromY * 3 + fromX] as number) * scale;
            }
          }
        }
      }
    }
    return packed;
  },
};
