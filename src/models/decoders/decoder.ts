import type { Recipe, StoredTensor, Value } from '../../graph/graph.js';
import { upsampledConv } from '../../kernels/conv2d.js';
import { head, type FinalActivation, type HeadAttrs } from '../../kernels/head.js';
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
  readonly final: FinalActivation;
  /** Names of the head's three convolutions under the decoder. */
  readonly head: readonly [string, string, string];
}

/**
 * The decoder all families share: four maps of strides 4, 8, 16, 32 → depth map [H,W]. 3×3 convolutions to the
 * decoder's widths, four fusion blocks from deep to shallow, three convolutions. MiDaS blocks.py
 * FeatureFusionBlock_custom, arXiv 2103.13413.
 */
export function decoder(maps: readonly Value[], weights: Weights, config: DecoderConfig): Value {
  const { size, block, headAlignCorners: alignCorners, final, head: names } = config;
  const low = fused(maps, weights, block, names[0]);
  return endOfHead(low, [weights.at(names[1]), weights.at(names[2])], { size, alignCorners, final }).depth;
}

/**
 * The decoder up to the first convolution of the head: [2h,2w,C], f32, of maps whose largest is [h,w,·]. The last
 * projection commutes with the resize before that convolution, and is part of it.
 * @param opening name of that convolution
 * @param moved what the result of a deeper fusion block goes through before the next one reads it
 */
export function fused(
  maps: readonly Value[],
  weights: Weights,
  block: DecoderConfig['block'],
  opening: string,
  moved?: PathStep,
): Value {
  const { sum } = fusedPaths(maps, weights, block, moved);
  const projection = weights.at('refinenet1.out_conv');
  return sum.graph.scope('head', () => upsampled(sum, projection, weights.at(opening), block));
}

/** What is made of the result of the fusion block of a level, before the resize that ends it. */
export type PathStep = (path: Value, level: number) => Value;

/** What the fusion blocks of a decoder leave. */
export interface FusedPaths {
  /** The maps at the decoder's width, the shallowest first. */
  readonly laterals: readonly Value[];
  /** Results of the deeper fusion blocks, the deepest first, before the resize that ends them. */
  readonly paths: readonly Value[];
  /** Of the shallowest block, before its projection and resize. */
  readonly sum: Value;
}

/** The decoder up to its head: maps, the largest first, through a fusion block each. */
export function fusedPaths(
  maps: readonly Value[],
  weights: Weights,
  block: DecoderConfig['block'],
  moved: PathStep = (path) => path,
): FusedPaths {
  const { graph } = maps[0] as Value;
  const laterals = maps.map((map, i) =>
    graph.scope(`layer${i + 1}_rn`, () =>
      conv(map, weights.at(`layer${i + 1}_rn`), { bias: false, act: block === 'plain' ? 'relu' : 'none' }),
    ),
  );
  const paths: Value[] = [];
  for (let level = maps.length; level > 1; level--) {
    const path = graph.scope(`refinenet${level}`, () =>
      fusion(laterals[level - 1] as Value, paths.at(-1), weights.at(`refinenet${level}`), block),
    );
    paths.push(moved(path, level));
  }
  const last = weights.at('refinenet1');
  const sum = graph.scope('refinenet1', () =>
    residualConvUnit(skipSum(laterals[0] as Value, paths.at(-1), last, block), last.at('resConfUnit2')),
  );
  return { laterals, paths, sum };
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

/** Project, upsample ×2, 3×3. f32 from that on. */
export function upsampled(path: Value, projection: Weights, opening: Weights, block: DecoderConfig['block']): Value {
  const { graph } = path;
  const [h, w, C] = map3(path.type);
  const first = block === 'plain' ? convWeights(graph, opening, C) : projectedConv(path, projection, opening);
  return graph.apply(upsampledConv, { low: path, ...first }, { size: [2 * h, 2 * w], alignCorners: true, out: 'f32' })
    .y;
}

/** Upsample to the depth map's size, add `uv` where there is one, 3×3, ReLU, 1×1, last activation. */
export function endOfHead(
  low: Value,
  [hidden, last]: readonly [Weights, Weights],
  attrs: HeadAttrs,
  uv?: Value,
): { readonly depth: Value; readonly confidence: Value } {
  const { graph } = low;
  return graph.scope('head', () => {
    const { weight: weight1, bias: bias1 } = convWeights(graph, hidden, map3(low.type)[2], 'f32');
    const N = attrs.final.kind === 'confidence' ? 2 : 1;
    const weight2 = vector(graph, last.get('weight', [N, bias1.type.shape[0] as number, 1, 1]));
    return graph.apply(head, { low, weight1, bias1, weight2, bias2: fewBiases(last, N, graph), uv }, attrs);
  });
}

const firstOfFour: Recipe = {
  name: 'vec4',
  pack([few]) {
    const values = new Float32Array(4);
    values.set((few as StoredTensor).values);
    return values;
  },
};

/** The one or two biases of the last convolution, as a vec4 for the binding's sake. */
function fewBiases(weights: Weights, N: number, graph: Value['graph']): Value {
  const type = { dtype: 'f32', shape: [4] } as const;
  return graph.constant({ recipe: firstOfFour, type, weights: [weights.get('bias', [N])] });
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
