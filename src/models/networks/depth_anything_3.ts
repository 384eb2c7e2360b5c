import headStoreExp from '../../../shaders/head_store_exp.wgsl?raw';
import type { Value } from '../../graph/graph.js';
import { preprocessBytes } from '../../image/preprocess_bytes.js';
import { scale } from '../../kernels/scale.js';
import { skyFill } from '../../kernels/sky_fill.js';
import { map3 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { DEEPEST_UNIT, endOfHead, fused } from '../decoders/decoder.js';
import { projectTap } from '../decoders/project_tap.js';
import { dinov2, PATCH } from '../encoders/dinov2.js';
import type { FamilyCode, ModelEntry, Network } from '../family.js';

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
    /^(?:cam_enc|cam_dec|gs_head|gs_adapter)\./,
    /_aux\./,
    DEEPEST_UNIT,
  ],
  configured,
  preprocess: preprocessBytes,
  metres: (depth, factor) => depth.graph.apply(scale, { x: depth, factor }, {}).y,
  network: mono,
};

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

/** The taps as maps of strides 4, 8, 16 and 32. */
function maps(tapped: readonly Value[], weights: Weights, [H, W]: readonly [number, number]): Value[] {
  return tapped.map((tap, i) =>
    tap.graph.scope(`reassemble.${i}`, () => projectTap(tap, weights, i, [H / PATCH, W / PATCH])),
  );
}
