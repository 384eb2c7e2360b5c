import { view, type Value } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import { tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { biasOf, conv, linear, upConv } from '../layers/layers.js';
import { linearColumns } from '../layers/packing.js';

/**
 * Tokens [1 + GH·GW, C] of a tapped block, the class token first → the map of a level as DPT reads it out: level 1 has
 * the patch grid's sides ×4, level 2 ×2, level 3 as they are, level 4 halved. arXiv 2103.13413; isl-org/MiDaS
 * midas/backbones/utils.py.
 * @param weights of `pretrained`
 */
export function reassemble(tap: Value, weights: Weights, level: number, [gh, gw]: readonly [number, number]): Value {
  const layers = weights.at(`act_postprocess${level}`);
  return tap.graph.scope(`act_postprocess${level}`, () => {
    const patches = linear(readout(tap, layers.at('0.project.0')), layers.at('3'));
    const map = view(patches, [gh, gw, tokens2(patches.type)[1]]);
    if (level < 3) return upConv(map, layers.at('4'));
    return level === 3 ? map : conv(map, layers.at('4'), { stride: 2 });
  });
}

/**
 * GELU of a linear layer on every patch beside the class token, [patch; class]. The class half of it is one row, and is
 * the bias of the patch half.
 */
function readout(tap: Value, weights: Weights): Value {
  const { graph } = tap;
  const [, C] = tokens2(tap.type);
  const weight = weights.get('weight', [C, 2 * C]);
  const half = (from: number): Value =>
    graph.constant({
      recipe: linearColumns,
      params: { from },
      type: { dtype: graph.storage, shape: [C, C] },
      weights: [weight],
    });
  const inputs = { x: tap, weight: half(C), bias: biasOf(graph, weights, C) };
  const cls = graph.apply(gemm, inputs, { rows: 'class', out: 'f32' }).y;
  return graph.apply(
    gemm,
    { x: tap, weight: half(0), bias: view(cls, [C]) },
    { rows: 'patches', act: 'gelu', out: graph.storage },
  ).y;
}
