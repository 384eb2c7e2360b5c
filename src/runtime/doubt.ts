import type { Graph, Value } from '../graph/graph.js';
import { borderOf, type Size } from '../image/size.js';
import { affine, doubt, doubtDistance, doubtFit, type AffineAttrs, type Freedom } from '../kernels/doubt.js';
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

/** How else the network is asked. */
interface Variant {
  /** From right to left. */
  readonly mirrored: boolean;
  /** Below 1 the picture is smaller, and goes on mirrored at its borders: each variant shows all of it. */
  readonly scale: number;
}

/** Each is one more run. */
const VARIANTS: readonly [Variant, Variant, Variant] = [
  { mirrored: true, scale: 1 },
  { mirrored: false, scale: 0.7 },
  { mirrored: true, scale: 0.8 },
];

/** What one estimate leaves open of another. */
const FREEDOM: Record<DepthKind['kind'], Freedom> = {
  'relative-inverse': 'scale-and-shift',
  relative: 'scale',
  metric: 'none',
};

/** The program of an estimate that finds how far to trust it: `leaseEstimate`, with three more runs of the network. */
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
  const [a, b, c] = VARIANTS.map(({ mirrored, scale }) => {
    const { y: seen } = graph.apply(affine, { x: picture }, about(picture, mirrored, 1 / scale));
    const { depth: found } = engine.network(seen);
    return graph.apply(affine, { x: found }, about(found, mirrored, scale)).y;
  }) as [Value, Value, Value];
  const [fit_a, fit_b, fit_c] = [a, b, c].map((other) => graph.apply(doubtFit, { depth, other }, { freedom }).fit) as [
    Value,
    Value,
    Value,
  ];
  const { distance } = graph.apply(doubtDistance, { depth, a, b, c, fit_a, fit_b, fit_c }, {});
  return graph.apply(doubt, { depth, distance, fit: fit_a }, { inverse: kind === 'relative-inverse' }).confidence;
}

/** Reads at `factor` times the distance from the middle, and from right to left where mirrored. */
function about({ type }: Value, mirrored: boolean, factor: number): AffineAttrs {
  const [H, W] = type.shape as [number, number];
  const [scaleX, scaleY] = [mirrored ? -factor : factor, factor];
  const move = (side: number, scale: number) => ((side - 1) / 2) * (1 - scale);
  return { scaleX, moveX: move(W, scaleX), scaleY, moveY: move(H, scaleY) };
}
