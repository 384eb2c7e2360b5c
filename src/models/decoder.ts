import type { Value } from '../graph/graph.js';
import { upsampledConv } from '../kernels/conv2d.js';
import { head, type HeadAttrs } from '../kernels/head.js';
import type { Weights } from '../weights/weights.js';
import { conv, convWeights, linear, vector } from './layers.js';

/** Where the published decoders differ. */
export interface DecoderConfig {
  /** Sides of the depth map. */
  readonly size: readonly [number, number];
  /** Align mode of the last upsampling, before the 3×3 convolution of the head. */
  readonly headAlignCorners: boolean;
  readonly final: HeadAttrs['final'];
  /** Names of the head's three convolutions under the decoder. */
  readonly head: readonly [string, string, string];
}

/**
 * The decoder all families share: four maps of strides 4, 8, 16, 32 → depth map [H,W]. 3×3 convolutions to the decoder's
 * widths, four fusion blocks from deep to shallow, three convolutions. MiDaS blocks.py FeatureFusionBlock_custom, arXiv 2103.13413.
 */
export function decoder(maps: readonly Value[], weights: Weights, config: DecoderConfig): Value {
  const { graph } = maps[0] as Value;
  const laterals = maps.map((map, i) => graph.scope(`layer${i + 1}_rn`, () => conv(map, weights.at(`layer${i + 1}_rn`), { bias: false })));
  let path: Value | undefined;
  for (let level = 4; level >= 1; level--) {
    path = graph.scope(`refinenet${level}`, () => fusion(laterals[level - 1] as Value, path, weights.at(`refinenet${level}`)));
  }
  return graph.scope('head', () => depthHead(path as Value, weights, config));
}

/**
 * Fusion block on lateral[H,W,C]: adds the deeper path resized to it, refines, and projects. The 1×1 projection commutes
 * with the bilinear resize that follows it upstream, so it runs first, and the resize is left to whoever reads the result.
 * The deepest block has no path to add; its first residual unit is stored in checkpoints but never used.
 */
function fusion(lateral: Value, deeper: Value | undefined, weights: Weights): Value {
  const sum = deeper ? residualConvUnit(lateral, weights.at('resConfUnit1'), deeper) : lateral;
  return linear(residualConvUnit(sum, weights.at('resConfUnit2')), weights.at('out_conv'));
}

/** x + conv2(relu(conv1(relu(x)))) [+ low resized to x]. */
function residualConvUnit(x: Value, weights: Weights, low?: Value): Value {
  const inner = conv(x, weights.at('conv1'), { reluInput: true, act: 'relu' });
  return conv(inner, weights.at('conv2'), { residual: x, low });
}

/** Upsample ×2, 3×3, upsample to the depth map's size, 3×3, ReLU, 1×1, last activation. f32 from the first convolution on. */
function depthHead(path: Value, weights: Weights, { size, headAlignCorners, final, head: names }: DecoderConfig): Value {
  const { graph } = path;
  const [h, w, C] = path.type.shape as [number, number, number];
  const first = convWeights(graph, weights.at(names[0]), C);
  const low = graph.apply(upsampledConv, { low: path, ...first }, { size: [2 * h, 2 * w], alignCorners: true, out: 'f32' }).y;
  const second = convWeights(graph, weights.at(names[1]), low.type.shape[2] as number, 'f32');
  const hidden = second.bias.type.shape[0] as number;
  const last = weights.at(names[2]);
  const weight2 = vector(graph, last.get('weight', [1, hidden, 1, 1]));
  const bias2 = scalar(last, graph);
  const inputs = { low, weight1: second.weight, bias1: second.bias, weight2, bias2 };
  return graph.apply(head, inputs, { size, alignCorners: headAlignCorners, final }).depth;
}

/** The single bias of the last convolution, as a vec4 for the binding's sake. */
function scalar(weights: Weights, graph: Value['graph']): Value {
  const weight = weights.get('bias', [1]);
  return graph.constant({ key: weight.name, type: { dtype: 'f32', shape: [4] }, weights: [weight], pack: (values) => Float32Array.of(values?.[0] as number, 0, 0, 0) });
}
