import type { DrawingPart } from '../parts.js';
import type { Graph, Value } from '../graph/graph.js';
import type { Size, SizeOptions } from '../image/size.js';
import { PROJECTION, projectDepth } from '../kernels/project_depth.js';
import type { Output } from './encode_targets.js';
import type { Engine, Lease } from './engine.js';
import { factorInput, geometryOfSize, pictureToDepth, programKey, type Geometry } from './estimate.js';

/** Sizes of a run on a picture whose map an output takes. @throws ImageError, LimitError, UsageError */
export function encodeGeometry(engine: Engine, picture: Size, { size }: Output, options: SizeOptions): Geometry {
  const { network, between = network, ...rest } = geometryOfSize(engine, picture, options);
  return { ...rest, network, between, out: size };
}

/** Inputs of a program that writes an output, by name. */
export const PROJECTION_INPUT = 'projection';

/** The program that writes an output. @throws LimitError before anything is allocated */
export function leaseEncode(engine: Engine, drawing: DrawingPart, output: Output, geometry: Geometry): Lease {
  return engine.lease(programKey(`encode ${output.format}`, geometry), (graph) => {
    const depth = pictureToDepth(engine, graph, geometry);
    const inputs = writeOutput(engine, drawing, graph, depth, output);
    return { keep: { depth }, inputs: { ...factorInput(graph), ...inputs } };
  });
}

/** @returns inputs besides the picture */
function writeOutput(
  { entry: { nearer, kind } }: Engine,
  { depthRange, packDepth, rawDepth }: DrawingPart,
  graph: Graph,
  depth: Value,
  { format }: Output,
): Record<string, Value> {
  if (format === 'buffer') return {};
  if (format === 'r32float' || format === 'r16float') rawDepth(graph, depth);
  else if (format !== 'depth32float')
    packDepth(graph, depth, depthRange(graph, depth), { span: 'full', nearer, format });
  else {
    const projection = graph.input(PROJECTION_INPUT, PROJECTION);
    graph.apply(projectDepth, { depth, range: depthRange(graph, depth), projection }, { kind });
    return { [PROJECTION_INPUT]: projection };
  }
  return {};
}
