import type { Graph, Value } from '../graph/graph.js';
import { borderOf, type Size } from '../image/size.js';
import {
  affine,
  doubt,
  doubtDistance,
  doubtEvidence,
  doubtFit,
  type AffineAttrs,
  type Freedom,
  type Seen,
} from '../kernels/doubt.js';
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

/** Parts of the picture that the network is asked about alone, from right to left: where they begin, as shares. */
type Corner = readonly [right: number, down: number];

/**
 * Each is one more run. What a network knows of places in the frame, as that the ground is at the bottom, and what it
 * takes from far around, as that a picture hangs on a wall, stays behind when a part fills the frame.
 */
const CORNERS: readonly [Corner, Corner, Corner, Corner] = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
];
/** Of the sides, that a part has. */
const PART = 5 / 8;

/** What one estimate leaves open of another. Parts look as through a longer lens, so that metres differ too. */
const FREEDOM: Record<DepthKind['kind'], Freedom> = {
  'relative-inverse': 'scale-and-shift',
  relative: 'scale',
  metric: 'scale',
};

/** The program of an estimate that finds how far to trust it: `leaseEstimate`, with four more runs of the network. */
export function leaseDoubted(engine: Engine, geometry: Geometry): Lease {
  return engine.lease(programKey('doubted', geometry), doubtedBuilder(engine, geometry));
}

/** What an estimate with `confidence: true` takes, as `planEstimate`. @throws as `planEstimate` */
export function planDoubted(engine: Engine, picture: Size, options: EstimateOptions): EstimatePlan {
  if (!needsDoubt(engine.entry, options)) return planEstimate(engine, picture, options);
  const plan = planEstimate(engine, picture, options, doubtedBuilder);
  return { ...plan, runs: plan.runs * (1 + CORNERS.length) };
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
  const { kind, std } = engine.entry;
  const freedom = FREEDOM[kind];
  const others = CORNERS.map((corner) => {
    const { y: shown } = graph.apply(affine, { x: picture }, enlarged(partOf(picture, corner), picture));
    const { depth: found } = engine.network(shown);
    const seen = partOf(depth, corner);
    const { y: other } = graph.apply(affine, { x: found }, putBack(seen, found));
    return { other, seen, fit: graph.apply(doubtFit, { depth, other }, { freedom, seen }).fit };
  });
  const farther = (first: number) => {
    const [a, b] = others.slice(first) as [(typeof others)[0], (typeof others)[0]];
    const maps = { depth, a: a.other, b: b.other, fit_a: a.fit, fit_b: b.fit };
    return graph.apply(doubtDistance, maps, { inA: a.seen, inB: b.seen }).distance;
  };
  const { share } = graph.apply(doubtEvidence, { picture }, { std });
  // For the spread and the least value of the whole map.
  const { fit } = graph.apply(doubtFit, { depth, other: depth }, { freedom, seen: wholeOf(depth) });
  const inputs = { depth, distance: farther(0), aside: farther(2), fit, share };
  return graph.apply(doubt, inputs, { inverse: kind === 'relative-inverse' }).confidence;
}

function wholeOf({ type }: Value): Seen {
  const [bottom, right] = type.shape as [number, number];
  return { top: 0, left: 0, bottom, right };
}

/** The part of a map at a corner, of whole pixels. */
function partOf(map: Value, [right, down]: Corner): Seen {
  const { bottom: H, right: W } = wholeOf(map);
  const [high, wide] = [Math.round(PART * H), Math.round(PART * W)];
  const [top, left] = [down * (H - high), right * (W - wide)];
  return { top, left, bottom: top + high, right: left + wide };
}

/** What a picture reads that shows a part alone, from right to left. */
function enlarged({ top, left, bottom, right }: Seen, whole: Value): AffineAttrs {
  const { bottom: H, right: W } = wholeOf(whole);
  const [scaleX, scaleY] = [(right - left) / W, (bottom - top) / H];
  // Of the middles of pixels.
  return { scaleX: -scaleX, moveX: right - 0.5 - scaleX / 2, scaleY, moveY: top - 0.5 + scaleY / 2 };
}

/** What the whole reads of the map of such a part, where it is. */
function putBack(part: Seen, whole: Value): AffineAttrs {
  const { scaleX, moveX, scaleY, moveY } = enlarged(part, whole);
  return { scaleX: 1 / scaleX, moveX: -moveX / scaleX, scaleY: 1 / scaleY, moveY: -moveY / scaleY };
}
