import type { Recipe, Value } from '../../graph/graph.js';
import { upsampledConv } from '../../kernels/conv2d.js';
import { head, type HeadAttrs } from '../../kernels/head.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { borderBiases, convBehindLinear } from '../layers/composition.js';
import { conv, type ConvOptions, convThenLinear, convWeights, linear, vector } from '../layers/layers.js';

/** Has no input in the deepest fusion block, so the published networks never run it. */
export const DEEPEST_UNIT = /(?:^|\.)scratch\.refinenet4\.resConfUnit1\./;

/** Products that one composition of weights may take. */
const MOST_PRODUCTS = 1e8;

/** Where the published decoders differ. */
export interface DecoderConfig {
  /** Sides of the depth map. */
  readonly size: readonly [number, number];
  /**
   * `custom`: FeatureFusionBlock_custom. `plain`: FeatureFusionBlock of MiDaS v2, which has no projection, and whose
   * ReLU works in place, so that a unit adds relu(x) and not x; here relu(x) is what is stored where units read it.
   */
  readonly block: 'custom' | 'plain';
  /** Align mode of the last upsampling, before the 3×3 convolution of the head. */
  readonly headAlignCorners: boolean;
  readonly final: HeadAttrs['final'];
  /** Names of the head's three convolutions under the decoder. */
  readonly head: readonly [string, string, string];
}

/**
 * The decoder all families share: four maps of strides 4, 8, 16, 32 → depth map [H,W]. 3×3 convolutions to the
 * decoder's widths, four fusion blocks from deep to shallow, three convolutions. MiDaS blocks.py
 * FeatureFusionBlock_custom, arXiv 2103.13413.
 */
export function decoder(maps: readonly Value[], weights: Weights, config: DecoderConfig): Value {
  const { graph } = maps[0] as Value;
  const laterals = maps.map((map, i) =>
    graph.scope(`layer${i + 1}_rn`, () =>
      conv(map, weights.at(`layer${i + 1}_rn`), { bias: false, act: config.block === 'plain' ? 'relu' : 'none' }),
    ),
  );
  let path: Value | undefined;
  for (let level = 4; level > 1; level--) {
    path = graph.scope(`refinenet${level}`, () =>
      fusion(laterals[level - 1] as Value, path, weights.at(`refinenet${level}`), config.block),
    );
  }
  const last = weights.at('refinenet1');
  const sum = graph.scope('refinenet1', () =>
    residualConvUnit(skipSum(laterals[0] as Value, path, last, config.block), last.at('resConfUnit2')),
  );
  return graph.scope('head', () => depthHead(sum, last.at('out_conv'), weights, config));
}

/**
 * Fusion block on lateral[H,W,C]: adds the deeper path resized to it, refines, and projects. The 1×1 projection
 * commutes with the bilinear resize that follows it upstream, so it runs first, and the resize is left to whoever reads
 * the result.
 */
function fusion(lateral: Value, deeper: Value | undefined, weights: Weights, block: DecoderConfig['block']): Value {
  const x = skipSum(lateral, deeper, weights, block);
  const unit = weights.at('resConfUnit2');
  if (block === 'plain') return residualConvUnit(x, unit);
  const projection = weights.at('out_conv');
  if (!narrows(projection)) return linear(residualConvUnit(x, unit), projection);
  const projected = linear(x, projection);
  return convThenLinear(firstConv(x, unit), unit.at('conv2'), projection, projected);
}

/** The lateral refined, and the deeper path. The deepest block has none. */
function skipSum(lateral: Value, deeper: Value | undefined, weights: Weights, block: DecoderConfig['block']): Value {
  const options = { low: deeper, reluSum: block === 'plain' };
  return deeper ? residualConvUnit(lateral, weights.at('resConfUnit1'), options) : lateral;
}

/** x + conv2(relu(conv1(relu(x)))) [+ low resized to x]. */
function residualConvUnit(x: Value, weights: Weights, options: Pick<ConvOptions, 'low' | 'reluSum'> = {}): Value {
  return conv(firstConv(x, weights), weights.at('conv2'), { residual: x, ...options });
}

function firstConv(x: Value, weights: Weights): Value {
  return conv(x, weights.at('conv1'), { reluInput: true, act: 'relu' });
}

/**
 * Whether composing the projection with the 3×3 convolution before it pays: it must narrow the map, and the products of
 * the composition, about a second for 10⁹, are done once a load.
 */
function narrows(projection: Weights): boolean {
  const [N = 0, C = 0] = projection.shapeOf('weight') ?? [];
  return N < C && 9 * N * C * C <= MOST_PRODUCTS;
}

/**
 * Project, upsample ×2, 3×3, upsample to the depth map's size, 3×3, ReLU, 1×1, last activation. The projection commutes
 * with the resize and is part of the first 3×3 convolution. f32 from that on.
 */
function depthHead(
  path: Value,
  projection: Weights,
  weights: Weights,
  { size, block, headAlignCorners, final, head: names }: DecoderConfig,
): Value {
  const { graph } = path;
  const [h, w, C] = map3(path.type);
  const opening = weights.at(names[0]);
  const first = block === 'plain' ? convWeights(graph, opening, C) : projectedConv(path, projection, opening);
  const low = graph.apply(
    upsampledConv,
    { low: path, ...first },
    { size: [2 * h, 2 * w], alignCorners: true, out: 'f32' },
  ).y;
  const second = convWeights(graph, weights.at(names[1]), map3(low.type)[2], 'f32');
  const hidden = second.bias.type.shape[0] as number;
  const last = weights.at(names[2]);
  const weight2 = vector(graph, last.get('weight', [1, hidden, 1, 1]));
  const bias2 = scalar(last, graph);
  const inputs = { low, weight1: second.weight, bias1: second.bias, weight2, bias2 };
  return graph.apply(head, inputs, { size, alignCorners: headAlignCorners, final }).depth;
}

const firstOfFour: Recipe = {
  name: 'vec4',
  pack: ([one]) => Float32Array.of(one?.values[0] as number, 0, 0, 0),
};

/** The single bias of the last convolution, as a vec4 for the binding's sake. */
function scalar(weights: Weights, graph: Value['graph']): Value {
  const type = { dtype: 'f32', shape: [4] } as const;
  return graph.constant({ recipe: firstOfFour, type, weights: [weights.get('bias', [1])] });
}

/**
 * The weight [3,3,C,N] and bias [9,N] of a 3×3 convolution behind a projection, both of which a map [·,·,C] goes
 * through.
 */
function projectedConv({ graph, type }: Value, projection: Weights, weights: Weights): { weight: Value; bias: Value } {
  const [, , C] = map3(type);
  const M = projection.shapeOf('weight')?.[0] ?? 4;
  const N = weights.shapeOf('weight')?.[0] ?? 4;
  // Asked for first: where it is missing, M is a guess.
  const linear = projection.get('weight', [M, C, 1, 1]);
  const conv = weights.get('weight', [N, M, 3, 3]);
  return {
    weight: graph.constant({
      recipe: convBehindLinear,
      type: { dtype: graph.storage, shape: [3, 3, C, N] },
      weights: [conv, linear],
    }),
    bias: graph.constant({
      recipe: borderBiases,
      type: { dtype: 'f32', shape: [9, N] },
      weights: [conv, projection.get('bias', [M]), weights.get('bias', [N])],
    }),
  };
}
