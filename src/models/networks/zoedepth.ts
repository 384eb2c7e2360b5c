import type { Value } from '../../graph/graph.js';
import { borderedPicture } from '../../kernels/bordered_picture.js';
import { upsampledConv } from '../../kernels/conv2d.js';
import { resizedFeatures } from '../../kernels/resized_features.js';
import { zoeRoute } from '../../kernels/zoe.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { DEEPEST_UNIT, fusedPaths, upsampled } from '../decoders/decoder.js';
import { ensureStride } from '../decoders/midas.js';
import { reassemble } from '../decoders/reassemble.js';
import { domainLogits } from '../decoders/zoe_router.js';
import { binsOf, depthOf, mlp, type ZoeLevel } from '../decoders/zoe_head.js';
import { beit, PATCH } from '../encoders/beit.js';
import { patchGrid } from '../encoders/vit.js';
import type { FamilyCode, Network } from '../family.js';
import { convWeights, linear } from '../layers/layers.js';
import { zoeNames, type ZoeDepthEntry } from './zoedepth_hub.js';

/** Of BEiT-L. */
const HEADS = 16;
const TAPS = [5, 11, 17, 23];

/**
 * ZoeDepth: picture [H,W,4], sides multiples of 32 → depth in metres [H,W]. DPT on BEiT-L, whose maps a second head
 * reads.
 * arXiv 2302.12288; isl-org/ZoeDepth zoedepth_v1.py and zoedepth_nk_v1.py.
 * @throws UsageError `SHAPE_MISMATCH` for other sides
 */
const zoeDepth =
  ({ range, domains }: ZoeDepthEntry): Network =>
  (picture, weights, { convention }) => {
    const { graph } = picture;
    ensureStride('dpt', picture);
    const core = weights.at('core.core');
    const pretrained = core.at('pretrained');
    const maps = graph.scope('pretrained', () =>
      beit(picture, pretrained.at('model'), { heads: HEADS, taps: TAPS, convention }).map((tap, i) =>
        reassemble(tap, pretrained, i + 1, patchGrid(picture, PATCH)),
      ),
    );
    const { features, deepest, levels } = relative(picture, maps, core.at('scratch'));
    const x = graph.scope('conv2', () => linear(deepest, weights.at('conv2')));
    const steps = graph.scope('projectors', () => project(x, levels, weights));
    const scratch = core.at('scratch');
    const metric = (domain: string): Value => {
      const under = (path: string) => weights.at(domain === '' ? path : `${path}.${domain}`);
      const seeds = weights.at(domain === '' ? 'seed_bin_regressor' : `seed_bin_regressors.${domain}`);
      const bins = binsOf(x, steps, { seeds, attractors: under('attractors'), range });
      const embedding = (steps.at(-1) as ZoeLevel).embedding;
      const end = under('conditional_log_binomial').at('mlp');
      return depthOf({ features, embedding, bins }, end, scratch.at('output_conv.4'));
    };
    if (!domains) return { depth: graph.scope('metric', () => metric('')) };
    const logits = graph.scope('router', () => domainLogits(x, weights));
    const [indoor, outdoor] = domains.map((domain) => graph.scope(domain, () => metric(domain))) as [Value, Value];
    return { depth: graph.apply(zoeRoute, { logits, indoor, outdoor }, {}).depth };
  };

/** What the metric head reads of the relative one: its last features, and the maps of its fusion blocks. */
function relative(
  picture: Value,
  maps: readonly Value[],
  scratch: Weights,
): { features: Value; deepest: Value; levels: { low: Value; size: readonly [number, number] }[] } {
  const { graph } = picture;
  const [H, W] = map3(picture.type);
  const { laterals, paths, sum } = fusedPaths(maps, scratch, 'custom');
  const projection = scratch.at('refinenet1.out_conv');
  const features = graph.scope('head', () => {
    const low = upsampled(sum, projection, scratch.at('output_conv.0'), 'custom');
    const inputs = { low, ...convWeights(graph, scratch.at('output_conv.2'), map3(low.type)[2], 'f32') };
    return graph.apply(upsampledConv, inputs, { size: [H, W], alignCorners: true, act: 'relu', out: 'f32' }).y;
  });
  const lows = [...paths, graph.scope('refinenet1', () => linear(sum, projection))];
  const levels = lows.map((low, k) => ({ low, size: [H >> (4 - k), W >> (4 - k)] as const }));
  return { features, deepest: laterals[3] as Value, levels };
}

/**
 * Embeddings of the bins on each grid, and what their attractors are made of: the sum with those of the coarser grid.
 * The first layer of a projector commutes with the resize of its map, and goes first.
 */
function project(
  x: Value,
  levels: readonly { low: Value; size: readonly [number, number] }[],
  weights: Weights,
): ZoeLevel[] {
  const { graph } = x;
  const out = graph.storage;
  let previous = mlp(x, weights.at('seed_projector._net'));
  return levels.map(({ low, size }, k) => {
    const net = weights.at(`projectors.${k}._net`);
    const hidden = graph.apply(resizedFeatures, { low: linear(low, net.at('0')) }, { size, act: 'relu', out }).y;
    const embedding = linear(hidden, net.at('2'));
    const sum = graph.apply(resizedFeatures, { low: previous, residual: embedding }, { size, out }).y;
    previous = embedding;
    return { embedding, sum };
  });
}

/** ZoeDepth N, K and NK. */
export const code: FamilyCode<ZoeDepthEntry> = {
  hubNames: zoeNames,
  leftAside: [
    /^core\.core\.pretrained\.model\.(?:norm|fc_norm|head)\./,
    /\.(?:relative_position_index|k_idx|K_minus_1)$/,
    DEEPEST_UNIT,
  ],
  preprocess: (graph, picture, attrs) =>
    graph.scope('preprocess', () => graph.apply(borderedPicture, { picture }, attrs).y),
  network: zoeDepth,
};
