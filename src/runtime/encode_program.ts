import { RANGE } from '../depth/ranged_drawings.js';
import type { DrawingPart } from '../parts.js';
import type { Graph, Value } from '../graph/graph.js';
import type { Size, SizeOptions } from '../image/size.js';
import type { DepthKind } from '../models/family.js';
import { depthUniforms, type UniformsAttrs } from '../kernels/depth_uniforms.js';
import { PROJECTION, projectDepth } from '../kernels/project_depth.js';
import type { Output } from './encode_targets.js';
import type { Engine, Lease } from './engine.js';
import { factorInput, geometryOfSize, pictureToDepth, programKey, type Geometry } from './estimate.js';

const KIND_NUMBERS: Readonly<Record<DepthKind['kind'], UniformsAttrs['kind']>> = {
  'relative-inverse': 0,
  relative: 1,
  metric: 2,
};

/** Sizes of a run on a picture whose map an output takes. @throws ImageError, LimitError, UsageError */
export function encodeGeometry(engine: Engine, picture: Size, { size }: Output, options: SizeOptions): Geometry {
  const { network, between = network, ...rest } = geometryOfSize(engine, picture, options);
  return { ...rest, network, between, out: size };
}

/** Inputs of a program that writes an output, by name. */
export const INPUTS = { projection: 'projection', range: 'range' } as const;

/** The program that writes an output. @throws LimitError before anything is allocated */
export function leaseEncode(engine: Engine, drawing: DrawingPart, output: Output, geometry: Geometry): Lease {
  const { format, range, uniforms } = output;
  const use = ['encode', format, ...(range ? ['ranged'] : []), ...(uniforms ? ['uniforms'] : [])].join(' ');
  return engine.lease(programKey(use, geometry), (graph) => {
    const depth = pictureToDepth(engine, graph, geometry);
    const kept = writeOutput(engine, drawing, graph, depth, output);
    const inputs = Object.values(INPUTS).flatMap((name) => {
      const value = graph.inputs.get(name);
      return value ? [[name, value] as const] : [];
    });
    return { keep: { depth, ...kept }, inputs: { ...factorInput(graph), ...Object.fromEntries(inputs) } };
  });
}

/** @returns what is kept besides the map */
function writeOutput(
  { entry: { nearer, kind } }: Engine,
  { depthRange, packDepth, rawDepth }: DrawingPart,
  graph: Graph,
  depth: Value,
  { format, range: given, uniforms }: Output,
): Record<string, Value> {
  let known: Value | undefined;
  const range = () => (known ??= given ? graph.input(INPUTS.range, RANGE) : depthRange(graph, depth));
  if (format === 'r32float' || format === 'r16float') rawDepth(graph, depth);
  else if (format === 'depth32float') {
    const projection = graph.input(INPUTS.projection, PROJECTION);
    graph.apply(projectDepth, { depth, range: range(), projection }, { kind });
  } else if (format !== 'buffer') packDepth(graph, depth, range(), { span: 'full', nearer, format });
  if (!uniforms) return {};
  return graph.apply(depthUniforms, { range: range() }, { kind: KIND_NUMBERS[kind], nearer });
}
