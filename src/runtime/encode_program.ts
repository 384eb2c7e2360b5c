import type { DrawingPart } from '../parts.js';
import type { Graph, Value } from '../graph/graph.js';
import type { Size, SizeOptions } from '../image/size.js';
import type { Output } from './encode_targets.js';
import type { Engine, Lease } from './engine.js';
import { factorInput, geometryOfSize, pictureToDepth, programKey, type Geometry } from './estimate.js';

/** Sizes of a run on a picture whose map an output takes. @throws ImageError, LimitError, UsageError */
export function encodeGeometry(engine: Engine, picture: Size, { size }: Output, options: SizeOptions): Geometry {
  const { network, between = network, ...rest } = geometryOfSize(engine, picture, options);
  return { ...rest, network, between, out: size };
}

/** The program that writes an output. @throws LimitError before anything is allocated */
export function leaseEncode(engine: Engine, drawing: DrawingPart, output: Output, geometry: Geometry): Lease {
  return engine.lease(programKey(`encode ${output.format}`, geometry), (graph) => {
    const depth = pictureToDepth(engine, graph, geometry);
    writeOutput(engine, drawing, graph, depth, output);
    return { keep: { depth }, inputs: factorInput(graph) };
  });
}

function writeOutput(
  { entry: { nearer } }: Engine,
  { depthRange, packDepth, rawDepth }: DrawingPart,
  graph: Graph,
  depth: Value,
  { format }: Output,
): void {
  if (format === 'buffer') return;
  if (format === 'r32float') rawDepth(graph, depth);
  else packDepth(graph, depth, depthRange(graph, depth), { span: 'full', nearer, format });
}
