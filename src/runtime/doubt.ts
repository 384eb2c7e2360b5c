import type { Graph, Value } from '../graph/graph.js';
import { borderOf, type Size } from '../image/size.js';
import { affine, doubt, doubtDistance, doubtFit, type AffineAttrs, type Freedom, type Seen } from '../kernels/doubt.js';
import type { DepthKind } from '../models/family.js';
import { resizeDepth } from '../depth/resize.js';
import type { Engine, Lease, ProgramBuilder } from './engine.js';
import {
  factorInput,
  mapsOf,
  needsDoubt,
  networkInput,
  planEstimate,
  programKey,
  type EstimateOptions,
  type EstimatePlan,
  type Geometry,
} from './estimate.js';

/** How else the network is asked: about the picture from right to left, or moved, as parts of its sides. */
type Variant = 'mirrored' | { readonly right: number; readonly down: number };

/**
 * Each is one more run. Moved pictures go on mirrored where there is none. What a network knows of places in the frame
 * alone, as that the ground is at the bottom, stays behind when the picture moves.
 */
const VARIANTS: readonly [Variant, Variant, Variant, Variant] = [
  'mirrored',
  { right: 0, down: -0.25 },
  { right: 0.25, down: 0 },
  { right: -0.25, down: 0 },
];

/** What one estimate leaves open of another. */
const FREEDOM: Record<DepthKind['kind'], Freedom> = {
  'relative-inverse': 'scale-and-shift',
  relative: 'scale',
  metric: 'none',
};

/** The program of an estimate that finds how far to trust it: `leaseEstimate`, with four more runs of the network. */
export function leaseDoubted(engine: Engine, geometry: Geometry): Lease {
  return engine.lease(programKey('doubted', geometry), doubtedBuilder(engine, geometry));
}

/** What an estimate with `confidence: true` takes, as `planEstimate`. @throws as `planEstimate` */
export function planDoubted(engine: Engine, picture: Size, options: EstimateOptions): EstimatePlan {
  if (!needsDoubt(engine.entry, options)) return planEstimate(engine, picture, options);
  const plan = planEstimate(engine, picture, options, doubtedBuilder);
  return { ...plan, runs: plan.runs * (1 + VARIANTS.length) };
}

function doubtedBuilder(engine: Engine, geometry: Geometry): ProgramBuilder {
  return (graph) => {
    const picture = networkInput(engine, graph, geometry);
    const outputs = engine.network(picture);
    const maps = mapsOf(engine, graph, outputs, geometry);
    const sure = graph.scope('doubt', () => confidenceOf(engine, graph, picture, outputs.depth));
    const border = geometry.out === geometry.network ? undefined : borderOf(engine.entry.input, geometry.picture);
    // A bicubic filter would leave 0 to 1.
    const confidence = resizeDepth(graph, sure, { ...geometry.out, filter: 'bilinear', border });
    return { keep: { ...maps, confidence }, inputs: factorInput(graph) };
  };
}

function confidenceOf(engine: Engine, graph: Graph, picture: Value, depth: Value): Value {
  const { kind } = engine.entry;
  const freedom = FREEDOM[kind];
  const others = VARIANTS.map((variant) => {
    const { y: shown } = graph.apply(affine, { x: picture }, readAt(picture, variant, 1));
    const { depth: found } = engine.network(shown);
    const { y: other } = graph.apply(affine, { x: found }, readAt(found, variant, -1));
    const seen = seenOf(depth, variant);
    return { other, seen, fit: graph.apply(doubtFit, { depth, other }, { freedom, seen }).fit };
  });
  const farther = (first: number) => {
    const [a, b] = others.slice(first) as [(typeof others)[0], (typeof others)[0]];
    const maps = { depth, a: a.other, b: b.other, fit_a: a.fit, fit_b: b.fit };
    return graph.apply(doubtDistance, maps, { inA: a.seen, inB: b.seen }).distance;
  };
  const inputs = { depth, distance: farther(0), aside: farther(2), fit: (others[0] as (typeof others)[0]).fit };
  return graph.apply(doubt, inputs, { inverse: kind === 'relative-inverse' }).confidence;
}

/** Pixels that a variant is moved by, to the right and down. */
function movesOf({ type }: Value, variant: Variant): [number, number] {
  const [H, W] = type.shape as [number, number];
  return variant === 'mirrored' ? [0, 0] : [Math.round(variant.right * W), Math.round(variant.down * H)];
}

/** What a variant reads of the picture, or where `direction` is -1 the picture's own map of that of the variant. */
function readAt(x: Value, variant: Variant, direction: 1 | -1): AffineAttrs {
  const [right, down] = movesOf(x, variant);
  if (variant === 'mirrored') return { scaleX: -1, moveX: (x.type.shape[1] as number) - 1, scaleY: 1, moveY: 0 };
  return { scaleX: 1, moveX: -direction * right, scaleY: 1, moveY: -direction * down };
}

/** What of the picture a variant shows. */
function seenOf(map: Value, variant: Variant): Seen {
  const [H, W] = map.type.shape as [number, number];
  const [right, down] = movesOf(map, variant);
  return {
    ...{ top: Math.max(0, -down), left: Math.max(0, -right) },
    ...{ bottom: H - Math.max(0, down), right: W - Math.max(0, right) },
  };
}
