import uvLoader from '../../../shaders/conv_load_bilinear_uv.wgsl?raw';
import headStoreConfidence from '../../../shaders/head_store_confidence.wgsl?raw';
import headStoreExp from '../../../shaders/head_store_exp.wgsl?raw';
import { UsageError } from '../../errors.js';
import type { Value } from '../../graph/graph.js';
import { preprocessBytes } from '../../image/preprocess_bytes.js';
import type { Size } from '../../image/size.js';
import { certainty } from '../../kernels/certainty.js';
import { scale } from '../../kernels/scale.js';
import { skyFill } from '../../kernels/sky_fill.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { DEEPEST_UNIT, endOfHead, fused } from '../decoders/decoder.js';
import { projectTap } from '../decoders/project_tap.js';
import { fieldOfView } from '../decoders/field_of_view.js';
import { alternatingDinov2 } from '../encoders/alternating_dinov2.js';
import { dinov2, PATCH } from '../encoders/dinov2.js';
import type { FamilyCode, ModelEntry, Network } from '../family.js';
import { uvMap, uvSides } from '../layers/uv.js';

/** A published model, with what its tensors cannot tell. */
export interface DepthAnything3Entry extends ModelEntry {
  readonly heads: number;
  /** Blocks, counted from 0, whose outputs the decoder reads; the last one is the last there is. */
  readonly taps: readonly number[];
  /** The block from which on blocks see one view and all views in turn; undefined where none does. */
  readonly alternating: number | undefined;
}

/** Of the final norm; that of the blocks is 1e-6. */
const EPS = 1e-5;

/** Depth Anything 3: one picture, without camera, rays and Gaussians. */
export const code: FamilyCode<DepthAnything3Entry> = {
  hubNames: [],
  leftAside: [
    /^backbone\.pretrained\.mask_token$/,
    /^(?:cam_enc|cam_dec\.fc_t|cam_dec\.fc_qvec|gs_head|gs_adapter)\./,
    /_aux\./,
    DEEPEST_UNIT,
  ],
  configured,
  preprocess: preprocessBytes,
  metres: (depth, factor) => depth.graph.apply(scale, { x: depth, factor }, {}).y,
  metreFactor,
  network: (entry) => (entry.alternating === undefined ? mono(entry) : oneView(entry, entry.alternating)),
};

/** The factor by which the metric model's depth is metres: F of the network's input, over that of its training. */
function metreFactor(
  { canonicalFocal, title }: DepthAnything3Entry,
  { picture, network }: { readonly picture: Size; readonly network: Size },
  focalLength: number | undefined,
): number | undefined {
  if (canonicalFocal === undefined) return undefined;
  if (focalLength === undefined) {
    throw new UsageError('OPTION_FOCAL_LENGTH', `${title} gives metres only where the focal length is known.`, {
      hint:
        'Pass focalLength (--focal-length on the command line) in pixels of the picture: the longer side times the ' +
        '35 mm equivalent over 36. It is read from the EXIF data of files that have it.',
      phase: 'image',
    });
  }
  const scales = network.width / picture.width + network.height / picture.height;
  return (focalLength * scales) / 2 / canonicalFocal;
}

/** The entries whose preset a `config.json` of the hub names, in whatever key; all where it names none. */
function configured<Entry extends DepthAnything3Entry>(entries: readonly Entry[], json: unknown): readonly Entry[] {
  const text = JSON.stringify(json);
  const named = entries.filter(({ aliases }) => aliases.some((alias) => text.includes(`"${alias}"`)));
  return named.length > 0 ? named : entries;
}

/**
 * The mono and the metric model: picture [14·GH, 14·GW, 4] → depth and sky [14·GH, 14·GW], with the farthest depth
 * where there is sky. ByteDance-Seed/Depth-Anything-3 model/dpt.py, model/da3.py.
 */
function mono({ heads, taps }: DepthAnything3Entry): Network {
  return (picture, weights) => {
    const { graph } = picture;
    const size = map3(picture.type).slice(0, 2) as [number, number];
    const encoder = { heads, taps, positions: 'offset', eps: EPS } as const;
    const tapped = graph.scope('pretrained', () => dinov2(picture, weights.at('backbone.pretrained'), encoder));
    const scratch = weights.at('head.scratch');
    const low = fused(maps(tapped, weights.at('head'), size), scratch, 'custom', 'output_conv1');
    const ends = { size, alignCorners: true } as const;
    const end = (name: string, final: Parameters<typeof endOfHead>[2]['final']) =>
      endOfHead(low, [scratch.at(`${name}.0`), scratch.at(`${name}.2`)], { ...ends, final }).depth;
    const depth = end('output_conv2', { kind: 'exp', store: headStoreExp });
    const sky = graph.scope('sky', () => end('sky_output_conv2', { kind: 'relu' }));
    return { depth: graph.scope('fill', () => graph.apply(skyFill, { depth, sky }, {}).y), sky };
  };
}

/**
 * The models of any number of views, on one: picture [14·GH, 14·GW, 4] → depth and confidence [14·GH, 14·GW], and the
 * field of view where the file has what tells it. ByteDance-Seed/Depth-Anything-3 model/dualdpt.py, without the chain
 * of rays, and model/cam_dec.py, without the pose.
 */
function oneView({ heads, taps }: DepthAnything3Entry, from: number): Network {
  return (picture, weights) => {
    const { graph } = picture;
    const size = map3(picture.type).slice(0, 2) as [number, number];
    const head = weights.at('head');
    const { tapped, camera } = graph.scope('pretrained', () =>
      alternatingDinov2(picture, weights.at('backbone.pretrained'), head.at('norm'), { heads, taps, from }),
    );
    const decoder = weights.at('cam_dec');
    const row = decoder.has('fc_fov.0.weight') ? graph.scope('camera', camera) : undefined;
    const scratch = head.at('scratch');
    const low = fused(maps(tapped, head, size, true), scratch, 'custom', 'output_conv1');
    const uv = uvSides(graph, size, map3(low.type)[2], size);
    const ends: readonly [Weights, Weights] = [scratch.at('output_conv2.0'), scratch.at('output_conv2.2')];
    const final = { kind: 'confidence', store: headStoreConfidence } as const;
    const { depth, confidence } = endOfHead(low, ends, { size, alignCorners: true, final, loader: uvLoader }, uv);
    const sure = graph.scope('certainty', () => graph.apply(certainty, { x: confidence }, {}).y);
    const outputs = { depth, confidence: sure };
    if (!row) return outputs;
    let angles: Value | undefined;
    return {
      ...outputs,
      get fieldOfView() {
        return (angles ??= graph.scope('camera', () => fieldOfView(row, decoder)));
      },
    };
  };
}

/** The taps as maps of strides 4, 8, 16 and 32. @param placed whether they are told where they are */
function maps(tapped: readonly Value[], weights: Weights, size: readonly [number, number], placed = false): Value[] {
  const grid = [size[0] / PATCH, size[1] / PATCH] as const;
  return tapped.map((tap, i) => {
    const channels = weights.shapeOf(`projects.${i}.weight`)?.[0] ?? 4;
    const uv = placed ? uvMap(tap.graph, grid, channels, size) : undefined;
    return tap.graph.scope(`reassemble.${i}`, () => projectTap(tap, weights, i, grid, uv));
  });
}
